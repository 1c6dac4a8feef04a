//! The four methods of `GlobalAlloc`, called as they are, with sizes and alignments of their own.
use std::alloc::{Layout, alloc, alloc_zeroed, dealloc, realloc};

fn main() {
    unsafe {
        let a = std::hint::black_box(alloc(Layout::from_size_align(13, 64).unwrap())); //~ alloc 13 align 64
        let b = std::hint::black_box(alloc_zeroed(Layout::from_size_align(4096, 4096).unwrap())); //~ zeroed 4096 align 4096
        assert_eq!((a as usize % 64, b as usize % 4096, *b), (0, 0, 0));
        let a = std::hint::black_box(realloc(a, Layout::from_size_align(13, 64).unwrap(), 100_000)); //~ realloc 13 -> 100000
        assert_eq!(a as usize % 64, 0);
        dealloc(b, Layout::from_size_align(4096, 4096).unwrap()); //~ free 4096
        dealloc(a, Layout::from_size_align(100_000, 64).unwrap()); //~ free 100000
    }
}
