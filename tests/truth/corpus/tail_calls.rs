// Functions that end in a call of another: in release they jump, and leave the stack before the allocation.
#[inline(never)]
fn outer(n: usize) -> Vec<u8> {
    inner(n + 1)
}

#[inline(never)]
fn inner(n: usize) -> Vec<u8> {
    "x".repeat(n).into_bytes()
}

#[inline(never)]
fn show(text: &str) {
    println!("{text}");
}

fn main() {
    let v = outer(std::hint::black_box(4));
    show(std::str::from_utf8(&v).unwrap());
}
