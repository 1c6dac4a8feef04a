// Two threads meet at a barrier that is shared by Arc.
use std::sync::{Arc, Barrier};
use std::thread;

fn main() {
    let barrier = Arc::new(Barrier::new(2));
    let other = Arc::clone(&barrier);
    let handle = thread::spawn(move || {
        other.wait();
        String::from("through")
    });
    barrier.wait();
    let said = handle.join().unwrap();
    std::hint::black_box(said);
}
