// Output: one line buffer however often and from wherever it is printed; stderr has none.
fn shout(n: u32) {
    println!("shout {n}");
}

fn main() {
    eprintln!("nothing is allocated for this");
    print!("a");
    shout(1);
    for n in 0..3 {
        println!("{n}");
    }
}
