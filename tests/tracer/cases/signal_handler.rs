//! Allocating in a signal handler, also one that interrupts the allocator or the tracer itself, must neither hang nor
//! lose a count.
use std::sync::atomic::{AtomicU64, Ordering};

static HANDLED: AtomicU64 = AtomicU64::new(0);

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    fn raise(number: i32) -> i32;
}

extern "C" fn handler(_: i32) {
    std::hint::black_box(Box::new([1u8; 24])); //~ alloc 24, free 24
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

fn main() {
    unsafe { signal(10, handler) };
    let before = std::hint::black_box(Box::new(1u8)); //~ alloc 1
    unsafe { raise(10) };
    assert_eq!(HANDLED.load(Ordering::Relaxed), 1);
    drop(before); //~ free 1
}
