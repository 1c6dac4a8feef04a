#[inline(always)]
fn helper(v: &Vec<u8>) -> usize {
    let n = v.len();
    //@ memory
    n
}
let v = vec![1u8, 2];
println!("n\tvalue={}", helper(&v));
//= functions helper main
