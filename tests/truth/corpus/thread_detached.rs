// A thread that still runs when main returns: what it holds is never freed.
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

static READY: AtomicUsize = AtomicUsize::new(0);

fn main() {
    thread::spawn(|| {
        let held = std::hint::black_box(vec![7u8; 300]);
        READY.store(held.len(), Ordering::Release);
        loop {
            thread::park();
        }
    });
    while READY.load(Ordering::Acquire) != 300 {
        thread::yield_now();
    }
}
