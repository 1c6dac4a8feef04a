// Counts the calls of the allocator and prints them when the process ends.
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counter;

#[global_allocator]
static COUNTER: Counter = Counter;
static ALLOCS: AtomicUsize = AtomicUsize::new(0);
static REALLOCS: AtomicUsize = AtomicUsize::new(0);
static BYTES: AtomicUsize = AtomicUsize::new(0);

extern "C" {
    fn atexit(report: extern "C" fn()) -> i32;
}

extern "C" fn report() {
    eprintln!("allocs {ALLOCS:?}, reallocs {REALLOCS:?}, bytes {BYTES:?}");
}

fn count(layout: Layout) {
    if ALLOCS.fetch_add(1, Relaxed) == 0 {
        unsafe { atexit(report) };
    }
    BYTES.fetch_add(layout.size(), Relaxed);
}

unsafe impl GlobalAlloc for Counter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        count(layout);
        System.alloc(layout)
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        count(layout);
        System.alloc_zeroed(layout)
    }
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        REALLOCS.fetch_add(1, Relaxed);
        System.realloc(block, layout, size)
    }
    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        System.dealloc(block, layout)
    }
}
