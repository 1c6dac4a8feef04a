//! A request that the system refuses is an event, but makes no block and no live bytes.
use std::alloc::{Layout, alloc, dealloc, realloc};

fn main() {
    let huge = Layout::from_size_align(1 << 46, 8).unwrap();
    let small = Layout::from_size_align(8, 8).unwrap();
    unsafe {
        assert!(std::hint::black_box(alloc(huge)).is_null());
        let block = std::hint::black_box(alloc(small)); //~ alloc 8
        assert!(std::hint::black_box(realloc(block, small, 1 << 46)).is_null());
        dealloc(block, small); //~ free 8
    }
}
