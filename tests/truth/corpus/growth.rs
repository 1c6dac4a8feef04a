// A vector grows by doubling, then shrinks.
fn main() {
    let mut v: Vec<u8> = Vec::new();
    for i in 0..100 {
        v.push(i);
    }
    v.truncate(5);
    v.shrink_to_fit();
    std::hint::black_box(&v);
    v.extend_from_slice(&[0; 90]);
    std::hint::black_box(&v);
}
