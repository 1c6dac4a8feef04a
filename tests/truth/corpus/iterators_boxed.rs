// Boxed iterators, chained and flattened.
fn evens(limit: u32) -> Box<dyn Iterator<Item = u32>> {
    Box::new((0..limit).filter(|n| n % 2 == 0))
}

fn main() {
    let all = evens(std::hint::black_box(10)).chain(evens(6).map(|n| n * 10));
    let nested: Vec<Vec<u32>> = all.map(|n| vec![n; 2]).collect();
    let flat: Vec<u32> = nested.into_iter().flatten().collect();
    assert_eq!(flat.len(), 16);
    let peeked: Vec<_> = flat.chunks(3).map(|chunk| chunk.to_vec()).collect();
    std::hint::black_box(peeked);
}
