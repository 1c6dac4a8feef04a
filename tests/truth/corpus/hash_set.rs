// A HashSet with a capacity, one of units, and one collected from an array.
use std::collections::HashSet;

fn main() {
    let mut seen: HashSet<u64> = HashSet::with_capacity(10);
    for n in 0..10 {
        seen.insert(n % 4);
    }
    let units: HashSet<()> = std::iter::repeat_n((), 3).collect();
    let words: HashSet<&str> = ["a", "b", "a"].into_iter().collect();
    assert_eq!((seen.len(), units.len(), words.len()), (4, 1, 2));
}
