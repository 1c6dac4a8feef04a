// A loop of known length is unrolled: one line, several call sites.
fn main() {
    let mut kept: [Option<Box<u32>>; 4] = [None, None, None, None];
    for n in 0..4u32 {
        kept[n as usize] = Some(std::hint::black_box(Box::new(n * n)));
    }
    let sum: u32 = kept.iter().flatten().map(|n| **n).sum();
    assert_eq!(sum, 14);
}
