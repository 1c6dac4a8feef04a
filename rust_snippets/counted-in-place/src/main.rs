//! The trap: a counting allocator that stands in the program that it counts.

// region: counter
use std::alloc::{GlobalAlloc, Layout, System};
use std::hint::black_box;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counter;

static ALLOCATIONS: AtomicUsize = AtomicUsize::new(0);

unsafe impl GlobalAlloc for Counter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        ALLOCATIONS.fetch_add(1, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static COUNTER: Counter = Counter;
// endregion: counter

// region: program
fn next(x: u64) -> u64 {
    let boxed = Box::new(x);
    *boxed + 1
}

fn main() {
    let before = ALLOCATIONS.load(Relaxed);
    assert_eq!(next(black_box(41)), 42);
    let after = ALLOCATIONS.load(Relaxed);
    println!("{}", after - before);
}
// endregion: program
