// A heap: pushes, pops, into a sorted vector in place.
use std::cmp::Reverse;
use std::collections::BinaryHeap;

fn main() {
    let mut heap = BinaryHeap::new();
    for n in [5, 1, 8, 3, 9, 2u64] {
        heap.push(Reverse(n));
    }
    assert_eq!(heap.pop(), Some(Reverse(1)));
    let sorted = heap.into_sorted_vec();
    assert_eq!(sorted.len(), 5);
    std::hint::black_box(sorted);
}
