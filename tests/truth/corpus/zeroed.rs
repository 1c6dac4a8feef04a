// vec![0; n] asks for zeroed memory; vec![1; n] does not.
fn main() {
    let zeros = std::hint::black_box(vec![0u32; 1000]);
    let ones = std::hint::black_box(vec![1u32; 1000]);
    let flags = std::hint::black_box(vec![false; 64]);
    let none = std::hint::black_box(vec![None::<Box<u8>>; 5]);
    assert_eq!(zeros[999] + ones[999], 1);
    assert!(!flags[63] && none[4].is_none());
}
