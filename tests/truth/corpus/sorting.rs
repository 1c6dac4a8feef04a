// A stable sort of many elements needs a buffer, of few it does not; an unstable one never does.
fn main() {
    let mut many: Vec<u64> = (0..2000u64).map(|n| n.wrapping_mul(2654435761) % 1009).collect();
    let mut few = many[..15].to_vec();
    let mut other = many.clone();
    few.sort();
    other.sort_unstable();
    many.sort();
    assert_eq!(many, other);
    let mut words = vec!["pear".to_string(), "fig".to_string(), "apple".to_string()];
    words.sort_by_key(|word| word.len());
    words.sort_by_cached_key(|word| word.to_uppercase());
    assert_eq!(words[0], "apple");
    std::hint::black_box(few);
}
