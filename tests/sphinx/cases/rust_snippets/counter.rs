//! A counter that grows: included whole and by region.

// region: setup
use std::collections::VecDeque;

fn filled(count: usize) -> VecDeque<u8> {
    let mut queue = VecDeque::new();
    queue.resize(count, 0);
    queue
}
// endregion: setup

fn main() {
    // region: use
    let queue = filled(3); //~ none
    // endregion: use
    std::hint::black_box(&queue);
}

// region: open
