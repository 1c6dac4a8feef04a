//! Observes every call of the allocator of a program that merely links this crate.
//!
//! The `#[global_allocator]` stands here, in a crate of its own: where it stands in the program under test, LLVM
//! inlines it and can no longer delete allocations that nobody observes, and the count is not that of the program
//! that ships (rust-lang/rust#149230).
//!
//! The trace goes into shared memory that the parent made and passed as a file descriptor with a fixed number, so that
//! no environment variable is needed and what was written survives every way to die. Nothing here locks, allocates or
//! panics: a call may come from a signal handler, a destructor of a thread-local, or a double panic.
#![deny(missing_docs)]

#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
mod cfi;
mod exit;
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
mod images;
mod overflow;
mod record;
mod region;
#[cfg(all(target_arch = "x86_64", target_env = "gnu"))]
mod rules;
#[cfg(not(all(target_arch = "x86_64", target_env = "gnu")))]
#[path = "rules_none.rs"]
mod rules;
mod sys;
mod walk;

use std::alloc::{GlobalAlloc, Layout, System};

use record::{Call, Kind};

/// Which program of a batch to run, as the parent wrote it; 0 without a trace.
///
/// The dispatcher asks here and not in its arguments or environment: reading those would allocate inside main.
pub fn selected() -> u32 {
    region::trace().map_or(0, |header| header.selected)
}

/// The allocator that observes: it forwards to [`System`].
struct Tracer;

#[global_allocator]
static GLOBAL: Tracer = Tracer;

// SAFETY: every method forwards to `System` with the caller's own arguments.
unsafe impl GlobalAlloc for Tracer {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = System.alloc(layout);
        if let Some(trace) = region::trace() {
            record::born(trace, Kind::Alloc, block, layout);
        }
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let block = System.alloc_zeroed(layout);
        if let Some(trace) = region::trace() {
            record::born(trace, Kind::AllocZeroed, block, layout);
        }
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // Before the call: afterwards another thread may be given the same address and be recorded first.
        if let Some(trace) = region::trace() {
            let call = Call {
                kind: Kind::Dealloc,
                failed: false,
                size: layout.size(),
                old_size: 0,
                align: layout.align(),
                address: block as usize,
                old_address: 0,
                begin: None,
            };
            record::record(trace, &call);
        }
        System.dealloc(block, layout);
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        match region::trace() {
            None => System.realloc(block, layout, new_size),
            Some(trace) => {
                // Two stamps: the old block leaves before the call, the new one is there after it.
                let begin = trace.keeps().then(|| trace.next_stamp());
                let moved = System.realloc(block, layout, new_size);
                let call = Call {
                    kind: Kind::Realloc,
                    failed: moved.is_null(),
                    size: new_size,
                    old_size: layout.size(),
                    align: layout.align(),
                    address: moved as usize,
                    old_address: block as usize,
                    begin,
                };
                record::record(trace, &call);
                moved
            }
        }
    }
}
