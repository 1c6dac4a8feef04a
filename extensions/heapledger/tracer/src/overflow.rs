//! Counting without detail, still apart for main, start-up and shut-down.
//!
//! Whether a call belongs to main is decided afterwards, by the parent, who knows the symbols. Here the outermost
//! frames of the main thread are remembered once, by the stack slots that hold their return addresses. A later call
//! counts how many of them, from the outermost inward, still hold the same address. That is exact: a frame that calls
//! something else pushes another return address into the same slot, since a compiled function keeps its stack pointer.

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::{AcqRel, Acquire, Relaxed, Release};

use crate::record::{Call, Kind};
use crate::region::{thread_number, Header, OTHER_THREADS, SLOTS};
use crate::walk;

const SAVING: u32 = u32::MAX;

/// Count a call.
pub fn count(trace: &Header, call: &Call, live: i64) {
    let main = thread_number(trace) == 1;
    let bucket = if main {
        frames_that_hold(trace)
    } else {
        OTHER_THREADS
    };
    let counters = &trace.counters[bucket];
    // The parent adds these four up to know how many calls were left out: each call counts in one of them.
    match call.kind {
        Kind::Alloc => add(&counters.allocs, 1, main),
        Kind::AllocZeroed => add(&counters.zeroed, 1, main),
        Kind::Realloc => add(&counters.reallocs, 1, main),
        Kind::Dealloc => add(&counters.frees, 1, main),
    };
    if call.failed {
        add(&counters.failed, 1, main);
    }
    if call.kind == Kind::Alloc || call.kind == Kind::AllocZeroed {
        add(&counters.bytes, call.size as u64, main);
    }
    for (counter, bytes) in [(&counters.born, call.born()), (&counters.died, call.died())] {
        if bytes > 0 {
            add(counter, bytes as u64, main);
        }
    }
    if live > counters.max_live.load(Relaxed) {
        counters.max_live.fetch_max(live, Relaxed);
    }
}

/// Add to a counter; `alone` where no other thread writes it. A signal handler may, so one instruction must do it; but
/// the bus need not be locked, which costs more than the rest of the call.
#[inline(always)]
fn add(counter: &AtomicU64, more: u64, alone: bool) {
    #[cfg(target_arch = "x86_64")]
    if alone {
        // SAFETY: the counter lies in the mapping, and only this thread writes it.
        unsafe {
            std::arch::asm!(
                "add qword ptr [{at}], {more}",
                at = in(reg) counter as *const AtomicU64,
                more = in(reg) more,
                options(nostack)
            );
        }
        return;
    }
    let _ = alone;
    counter.fetch_add(more, Relaxed);
}

fn frames_that_hold(trace: &Header) -> usize {
    let saved = trace.slots_saved.load(Acquire);
    if saved == 0 {
        return save(trace);
    }
    if saved == SAVING {
        // A signal handler interrupted the saving: it runs on top of the frames being saved.
        return SLOTS;
    }
    let here = &saved as *const u32 as u64;
    let mut held = 0;
    while held < saved as usize {
        let slot = &trace.slots[held];
        let address = slot.address.load(Relaxed);
        if address <= here || unsafe { *(address as *const u64) } != slot.value.load(Relaxed) {
            break;
        }
        held += 1;
    }
    held
}

#[cold]
fn save(trace: &Header) -> usize {
    if trace
        .slots_saved
        .compare_exchange(0, SAVING, AcqRel, Relaxed)
        .is_err()
    {
        return SLOTS;
    }
    let slots = match walk::slots() {
        Some(slots) => slots,
        None => {
            trace.slots_saved.store(0, Release);
            return SLOTS;
        }
    };
    for index in 0..slots.len() {
        let (address, value) = slots.get(index);
        trace.slots[index].address.store(address as u64, Relaxed);
        trace.slots[index].value.store(value as u64, Relaxed);
    }
    trace.slots_saved.store(slots.len() as u32, Release);
    slots.len()
}
