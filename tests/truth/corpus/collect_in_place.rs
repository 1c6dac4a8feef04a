// into_iter, map, collect: in place where sizes and alignments allow, with a shrink, or into a new block.
fn main() {
    let numbers: Vec<u64> = std::hint::black_box((0..64).collect());
    let doubled: Vec<u64> = std::hint::black_box(numbers.into_iter().map(|n| n * 2).collect());
    let halves: Vec<[u32; 2]> = std::hint::black_box(doubled.into_iter().map(|n| [n as u32, 0]).collect());
    let few: Vec<[u32; 2]> = std::hint::black_box(halves.into_iter().filter(|pair| pair[0] % 64 == 0).collect());
    let bytes: Vec<u8> = std::hint::black_box(few.into_iter().map(|pair| pair[0] as u8).collect());
    assert_eq!(bytes.len(), 2);
}
