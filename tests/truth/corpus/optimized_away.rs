// Allocations that release deletes: a box, vec![], with_capacity and push, a constant string.
fn main() {
    let boxed = Box::new(41u64);
    let sum: i32 = vec![1, 2, 3].iter().sum();
    let length = String::from("abc").len();
    let mut one = Vec::with_capacity(1);
    one.push(5usize);
    std::process::exit((*boxed as usize + sum as usize + length + one[0]) as i32 - 55);
}
