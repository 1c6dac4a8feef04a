// All four functions of the allocator, called by hand: shrinking, growing, an alignment larger than the size.
use std::alloc::{alloc, alloc_zeroed, dealloc, realloc, Layout};

fn main() {
    unsafe {
        let bytes = Layout::from_size_align(100, 1).unwrap();
        let mut block = std::hint::black_box(alloc(bytes));
        block = realloc(block, bytes, 10);
        block = realloc(std::hint::black_box(block), Layout::from_size_align(10, 1).unwrap(), 1000);
        dealloc(std::hint::black_box(block), Layout::from_size_align(1000, 1).unwrap());

        let wide = Layout::from_size_align(2, 16).unwrap();
        let block = std::hint::black_box(alloc(wide));
        let block = realloc(block, wide, 40);
        dealloc(std::hint::black_box(block), Layout::from_size_align(40, 16).unwrap());

        let zeroed = Layout::new::<[u32; 9]>();
        dealloc(std::hint::black_box(alloc_zeroed(zeroed)), zeroed);
    }
}
