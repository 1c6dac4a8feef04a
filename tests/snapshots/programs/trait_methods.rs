struct Words { items: Vec<String> }
impl Iterator for Words {
    type Item = String;
    fn next(&mut self) -> Option<Self::Item> {
        let last = self.items.pop();
        let moved = last;
        //@ memory[2]
        moved
    }
}
fn main() {
    let mut words = Words { items: vec![String::from("a"), String::from("b")] };
    let first = words.next();
    let second = words.next();
    println!("moved\tvalue={second:?}\tvariant=Some");
    println!("first\tvalue={first:?}");
}
//= state last moved
//= state self live
//= functions <Words as Iterator>::next main
