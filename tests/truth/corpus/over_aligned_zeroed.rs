// Zeroed memory with a large alignment, through the allocator's own functions.
use std::alloc::{alloc_zeroed, dealloc, handle_alloc_error, Layout};

fn main() {
    let layout = Layout::from_size_align(200, 128).unwrap();
    unsafe {
        let block = alloc_zeroed(layout);
        if block.is_null() {
            handle_alloc_error(layout);
        }
        assert_eq!(block as usize % 128, 0);
        assert_eq!(std::hint::black_box(*block.add(199)), 0);
        dealloc(block, layout);
    }
}
