// Three arms allocate alike: LLVM makes one call of them.
fn pick(n: u32) -> Box<u64> {
    match n {
        0 => Box::new(10),
        1 => Box::new(20 + u64::from(n)),
        _ => Box::new(u64::from(n) * 3),
    }
}

fn main() {
    let mut sum = 0;
    for n in 0..5 {
        sum += *std::hint::black_box(pick(std::hint::black_box(n)));
    }
    assert_eq!(sum, 58);
}
