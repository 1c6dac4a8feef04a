//! 200 frames deep, more than a record keeps: the innermost frames, the snippet's own, are kept, and so are the outermost.
#[inline(never)]
fn deep(n: u64) -> u64 {
    if n == 0 {
        return *std::hint::black_box(Box::new(7u64)); //~ alloc 8, free 8
    }
    std::hint::black_box(deep(n - 1)) + 1
}

fn main() {
    assert_eq!(deep(200), 207);
}
