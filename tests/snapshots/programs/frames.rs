fn outer(v: &mut Vec<u32>, n: u32) {
    let before = v.len();
    inner(v, n + 1);
    assert!(v.len() > before);
}
fn inner(list: &mut Vec<u32>, x: u32) {
    list.push(x);
    let last = list.last();
    //@ memory
    println!("list\tto={:p}\tsize={}", &*list as *const _, std::mem::size_of_val(&list));
    println!("x\tvalue={x}");
    println!("last\tvalue={:?}", Some(&x));
}
fn main() {
    let mut v = vec![1];
    outer(&mut v, 5);
}
//= functions inner outer main
