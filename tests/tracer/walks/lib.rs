//! An allocator that walks the stack in both ways at each call: where they differ, the program aborts.
//!
//! Stands in for the tracer's crate, with the same modules. The trace's header tells how many walks the rules could do
//! (`events`) and how many were left to libgcc (`used`).
#[path = "../../../extensions/heapledger/tracer/src/cfi.rs"]
mod cfi;
#[path = "../../../extensions/heapledger/tracer/src/exit.rs"]
mod exit;
#[path = "../../../extensions/heapledger/tracer/src/images.rs"]
mod images;
#[path = "../../../extensions/heapledger/tracer/src/region.rs"]
mod region;
#[path = "../../../extensions/heapledger/tracer/src/rules.rs"]
mod rules;
#[path = "../../../extensions/heapledger/tracer/src/sys.rs"]
mod sys;
#[path = "../../../extensions/heapledger/tracer/src/walk.rs"]
mod walk;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::Ordering::Relaxed;

use walk::Stack;

extern "C" {
    fn write(fd: i32, bytes: *const u8, count: usize) -> isize;
    fn abort() -> !;
}

thread_local! {
    static COMPARING: Cell<bool> = const { Cell::new(false) };
}

/// Compare; both walks begin in this function's frame, at another instruction of it.
#[inline(never)]
fn compare() {
    let header = match region::trace() {
        Some(header) => header,
        None => return,
    };
    if COMPARING.with(|comparing| comparing.replace(true)) {
        return;
    }
    let (mut by_rules, mut by_libgcc) = (Stack::new(), Stack::new());
    if walk::by_rules(&mut by_rules) {
        walk::by_libgcc(&mut by_libgcc);
        let alike = by_rules.len() == by_libgcc.len()
            && by_rules.deep == by_libgcc.deep
            && by_rules.truncated() == by_libgcc.truncated()
            && (1..by_rules.len()).all(|index| by_rules.get(index) == by_libgcc.get(index));
        if !alike {
            show("walks differ; by rules:", &by_rules);
            show("by libgcc:", &by_libgcc);
            unsafe { abort() };
        }
        header.events.fetch_add(1, Relaxed);
    } else {
        header.used.fetch_add(1, Relaxed);
    }
    COMPARING.with(|comparing| comparing.set(false));
}

/// Write a stack to the error output, without allocating.
fn show(title: &str, stack: &Stack) {
    unsafe { write(2, title.as_ptr(), title.len()) };
    for index in 0..stack.len() {
        let mut text = *b" 0000000000000000";
        for digit in 0..16 {
            text[16 - digit] = b"0123456789abcdef"[stack.get(index) >> (4 * digit) & 15];
        }
        unsafe { write(2, text.as_ptr(), text.len()) };
    }
    unsafe { write(2, b"\n".as_ptr(), 1) };
}

struct Comparing;

#[global_allocator]
static GLOBAL: Comparing = Comparing;

// SAFETY: every method forwards to `System` with the caller's own arguments.
unsafe impl GlobalAlloc for Comparing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        compare();
        System.alloc(layout)
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        compare();
        System.dealloc(block, layout)
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        compare();
        System.realloc(block, layout, new_size)
    }
}
