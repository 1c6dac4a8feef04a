// Two functions with equal bodies: LLVM keeps one.
#[inline(never)]
fn red(n: u32) -> Vec<u32> {
    vec![n, n + 1, n + 2]
}

#[inline(never)]
fn blue(n: u32) -> Vec<u32> {
    vec![n, n + 1, n + 2]
}

fn main() {
    let a = std::hint::black_box(red(std::hint::black_box(1)));
    let b = std::hint::black_box(blue(std::hint::black_box(5)));
    assert_eq!(a[2] + b[0], 8);
}
