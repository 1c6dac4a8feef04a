// A VecDeque used as a ring that has to grow while it is wrapped.
use std::collections::VecDeque;

fn main() {
    let mut queue = VecDeque::with_capacity(4);
    for n in 0..4u32 {
        queue.push_back(n);
    }
    queue.pop_front();
    queue.pop_front();
    for n in 4..20 {
        queue.push_back(n);
    }
    queue.push_front(99);
    let flat: Vec<u32> = queue.into();
    assert_eq!(flat.len(), 19);
}
