//! What was recorded survives a stack overflow.
#[allow(unconditional_recursion)]
fn deep(n: u64) -> u64 {
    let big = std::hint::black_box([n; 512]);
    deep(n + 1) + big[3]
}

fn main() {
    let kept = std::hint::black_box(Box::new([1u8; 77])); //~ alloc 77
    std::hint::black_box(vec![0u64; 3]); //~ zeroed 24, free 24
    std::hint::black_box(&kept);
    std::hint::black_box(deep(1));
}
