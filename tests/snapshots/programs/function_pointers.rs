fn double(x: u32) -> u32 { x * 2 }
fn main() {
    let f: fn(u32) -> u32 = double;
    let g: extern "C" fn(i32) -> i32 = negate;
    //@ memory
    println!("f\tsize={}", std::mem::size_of_val(&f));
    println!("{} {}", f(2), g(3));
}
extern "C" fn negate(x: i32) -> i32 { -x }
//= value f → double
//= value g → negate
//= static double .text
