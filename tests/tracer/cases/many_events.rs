//! 300,000 events: 200,000 are kept in detail, all are counted.
fn main() {
    let mut kept = Vec::with_capacity(75_001);
    for n in 0..75_000u64 {
        kept.push(Box::new(n));
        std::hint::black_box(Box::new([n; 2]));
        std::hint::black_box(&kept);
    }
    for boxed in kept {
        drop(std::hint::black_box(boxed));
    }
}
