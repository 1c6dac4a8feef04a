//! One record for each call of the allocator.

use std::alloc::Layout;
use std::sync::atomic::Ordering::{Relaxed, Release};
use std::sync::atomic::{AtomicU32, AtomicU64};

use crate::region::{thread_number, Header, HEADER_BYTES};
use crate::{overflow, sys, walk};

/// The four methods of `GlobalAlloc`.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    Alloc = 1,
    AllocZeroed = 2,
    Realloc = 3,
    Dealloc = 4,
}

/// What one call asked for and got.
pub struct Call {
    pub kind: Kind,
    pub failed: bool,
    pub size: usize,
    pub old_size: usize,
    pub align: usize,
    pub address: usize,
    pub old_address: usize,
    /// Stamp of what was before the call, where that is not the stamp of the record.
    pub begin: Option<u64>,
}

impl Call {
    /// Bytes that became live.
    pub fn born(&self) -> i64 {
        if self.failed || self.kind == Kind::Dealloc {
            0
        } else {
            self.size as i64
        }
    }

    /// Bytes that ceased to be live.
    pub fn died(&self) -> i64 {
        match self.kind {
            Kind::Dealloc => self.size as i64,
            Kind::Realloc if !self.failed => self.old_size as i64,
            _ => 0,
        }
    }
}

const FAILED: u32 = 1 << 8;
const NO_STACK: u32 = 1 << 9;
const TRUNCATED: u32 = 1 << 10;
const DEEP: u32 = 1 << 11;

/// A record; its frames follow it.
#[repr(C)]
struct Record {
    /// Bytes, frames included: written first, so that a reader can skip a record that was never finished.
    length: AtomicU32,
    /// Kind and flags: written last; 0 is a record that was never finished.
    ready: AtomicU32,
    thread: AtomicU32,
    frames: AtomicU32,
    size: AtomicU64,
    old_size: AtomicU64,
    align: AtomicU64,
    address: AtomicU64,
    old_address: AtomicU64,
    begin: AtomicU64,
    end: AtomicU64,
}

const RECORD_BYTES: usize = std::mem::size_of::<Record>();

/// Record a call that made a block.
pub fn born(trace: &Header, kind: Kind, block: *mut u8, layout: Layout) {
    let call = Call {
        kind,
        failed: block.is_null(),
        size: layout.size(),
        old_size: 0,
        align: layout.align(),
        address: block as usize,
        old_address: 0,
        begin: None,
    };
    record(trace, &call);
}

/// Record a call; `errno` stays what the program left in it.
#[inline(never)]
pub fn record(trace: &Header, call: &Call) {
    let errno = unsafe { *sys::__errno_location() };
    let change = call.born() - call.died();
    let live = trace.live.fetch_add(change, Relaxed) + change;
    if !trace.keeps()
        || trace.events.fetch_add(1, Relaxed) >= u64::from(trace.event_max)
        || !write(trace, call)
    {
        overflow::count(trace, call, live);
    }
    unsafe { *sys::__errno_location() = errno };
}

#[inline(always)]
fn write(trace: &Header, call: &Call) -> bool {
    let end = trace.next_stamp();
    let stack = walk::stack();
    let length = RECORD_BYTES + stack.len() * 8;
    let offset = trace.used.fetch_add(length as u64, Relaxed);
    if HEADER_BYTES + offset + length as u64 > trace.size {
        return false;
    }
    let at = unsafe { trace.base().add((HEADER_BYTES + offset) as usize) };
    let record = unsafe { &*(at as *const Record) };
    record.length.store(length as u32, Relaxed);
    record.thread.store(thread_number(trace), Relaxed);
    record.frames.store(stack.len() as u32, Relaxed);
    record.size.store(call.size as u64, Relaxed);
    record.old_size.store(call.old_size as u64, Relaxed);
    record.align.store(call.align as u64, Relaxed);
    record.address.store(call.address as u64, Relaxed);
    record.old_address.store(call.old_address as u64, Relaxed);
    record.begin.store(call.begin.unwrap_or(end), Relaxed);
    record.end.store(end, Relaxed);
    for index in 0..stack.len() {
        let frame = unsafe { &*(at.add(RECORD_BYTES + index * 8) as *const AtomicU64) };
        frame.store(stack.get(index) as u64, Relaxed);
    }
    let mut ready = call.kind as u32;
    for (flag, set) in [
        (FAILED, call.failed),
        (NO_STACK, stack.busy),
        (TRUNCATED, stack.truncated()),
        (DEEP, stack.deep),
    ] {
        ready |= if set { flag } else { 0 };
    }
    record.ready.store(ready, Release);
    true
}
