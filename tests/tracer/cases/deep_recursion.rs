//! 20,000 frames, far more than are walked: still inside main, still on its line.
#[inline(never)]
fn deep(n: u64) -> u64 {
    if n == 0 {
        return *std::hint::black_box(Box::new(7u64)); //~ alloc 8, free 8
    }
    std::hint::black_box(deep(n - 1)) + 1
}

fn main() {
    assert_eq!(deep(20_000), 20_007);
}
