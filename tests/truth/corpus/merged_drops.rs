// One vector, four ways out of the function: LLVM shares the code that frees it.
fn classify(n: u32) -> Option<u32> {
    let v = std::hint::black_box(vec![n; 10]);
    if v[0] == 0 {
        return None;
    }
    if v[1] % 2 == 0 {
        return Some(v[2] / 2);
    }
    let first = v.iter().position(|&m| m == 7)?;
    Some(first as u32 + v[9])
}

fn main() {
    let found: Vec<Option<u32>> = (0..8).map(|n| classify(std::hint::black_box(n))).collect();
    assert_eq!(found.iter().flatten().sum::<u32>(), 1 + 2 + 3 + 7);
}
