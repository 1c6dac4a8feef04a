// The shortest program that prints: in release main ends in a jump, and the line buffer still counts.
fn main(){println!("hello");}
