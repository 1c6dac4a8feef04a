// reserve, reserve_exact, and an iterator whose size hint is right or wrong.
fn main() {
    let mut v: Vec<u16> = Vec::with_capacity(3);
    v.reserve(10);
    v.reserve_exact(21);
    v.extend(0..30);
    v.extend((0..100).filter(|n| n % 3 == 0));
    std::hint::black_box(&v);
    let odd: Vec<u16> = v.iter().copied().filter(|n| n % 2 == 1).collect();
    std::hint::black_box(&odd);
}
