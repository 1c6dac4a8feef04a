//! A timer interrupts the program ten thousand times a second, anywhere: in the walk of the stack, in the allocator.
//! (The handler must not allocate itself here: it would wait for ever inside `malloc`, with any allocator.)
use std::sync::atomic::{AtomicU64, Ordering};

static HANDLED: AtomicU64 = AtomicU64::new(0);

#[repr(C)]
struct Timer {
    interval: [i64; 2],
    first: [i64; 2],
}

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    fn setitimer(which: i32, new: *const Timer, old: *mut Timer) -> i32;
}

extern "C" fn handler(_: i32) {
    HANDLED.fetch_add(1, Ordering::Relaxed);
}

fn main() {
    unsafe { signal(14, handler) };
    unsafe { setitimer(0, &Timer { interval: [0, 100], first: [0, 100] }, std::ptr::null_mut()) };
    for n in 0..20_000u64 {
        std::hint::black_box(Box::new(n)); //~ (alloc 8, free 8) x20000
    }
    unsafe { setitimer(0, &Timer { interval: [0; 2], first: [0; 2] }, std::ptr::null_mut()) };
    assert!(HANDLED.load(Ordering::Relaxed) > 10);
}
