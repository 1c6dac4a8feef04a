// A BTreeMap splits its nodes as it grows and merges them as it shrinks.
use std::collections::BTreeMap;

fn main() {
    let mut map = BTreeMap::new();
    for n in 0..40u32 {
        map.insert(n, [n; 2]);
    }
    for n in 0..35 {
        map.remove(&n);
    }
    assert_eq!(map.range(36..).count(), 4);
    let rest: Vec<(u32, [u32; 2])> = map.into_iter().collect();
    std::hint::black_box(rest);
}
