//! Walking the stack: by rules where these know all its frames, else with the unwinder that std links already.

use std::cell::Cell;
use std::ffi::c_void;
use std::mem::MaybeUninit;
use std::ptr::addr_of_mut;

use crate::region::{self, KEPT, SLOTS};
use crate::rules;

/// Innermost frames that a record keeps: the snippet's own frame is among them.
const INNER: usize = 64;
/// Outermost frames that a record keeps: they tell main from start-up.
const OUTER: usize = KEPT - INNER;
/// Frames after which a walk stops, so that deep recursion costs linear time.
const WALK_MAX: usize = 1024;
/// From this frame on, an address that is kept already is not kept again: recursion returns to the same places over and
/// over, and what called it must not be pushed out. The innermost frame of a file is the same without the others.
const REPEATS_FROM: usize = 24;
const STOP: i32 = 5;
const GO_ON: i32 = 0;

extern "C" {
    fn _Unwind_Backtrace(
        visit: extern "C" fn(*mut c_void, *mut c_void) -> i32,
        state: *mut c_void,
    ) -> i32;
    fn _Unwind_GetIP(context: *mut c_void) -> usize;
    fn _Unwind_GetCFA(context: *mut c_void) -> usize;
}

thread_local! {
    static WALKING: Cell<bool> = const { Cell::new(false) };
}

/// A stack of return addresses, innermost first; small, since a thread's stack may be 16 KiB.
pub struct Stack {
    /// Written up to [`Stack::len`]: to clear them first would cost as much as walking a frame.
    addresses: [MaybeUninit<usize>; KEPT],
    /// Frames seen, without those that were left out as repetitions.
    seen: usize,
    /// Frames walked over.
    walked: usize,
    /// The frame before, where it was left out.
    skipped: Option<usize>,
    /// The walk stopped before the outermost frame.
    pub deep: bool,
    /// No walk was possible: a signal handler interrupted one.
    pub busy: bool,
}

impl Stack {
    /// A stack of no frames.
    #[inline(always)]
    pub fn new() -> Stack {
        let mut stack = MaybeUninit::<Stack>::uninit();
        let at = stack.as_mut_ptr();
        // SAFETY: all fields are written that must be. One by one, else LLVM clears the addresses too.
        unsafe {
            addr_of_mut!((*at).seen).write(0);
            addr_of_mut!((*at).walked).write(0);
            addr_of_mut!((*at).skipped).write(None);
            addr_of_mut!((*at).deep).write(false);
            addr_of_mut!((*at).busy).write(false);
            stack.assume_init()
        }
    }

    /// Number of addresses kept.
    pub fn len(&self) -> usize {
        self.seen.min(KEPT)
    }

    /// Frames between the innermost and the outermost were dropped.
    pub fn truncated(&self) -> bool {
        self.seen > KEPT
    }

    /// Whether an address is among the innermost ones that are kept, and enough frames stand before it.
    fn repeats(&self, address: usize) -> bool {
        if self.seen < REPEATS_FROM {
            return false;
        }
        let mut index = self.seen.min(INNER);
        while index > 0 {
            index -= 1;
            if self.at(index) == address {
                return true;
            }
        }
        false
    }

    fn keep(&mut self, address: usize) {
        let index = if self.seen < INNER {
            self.seen
        } else {
            INNER + (self.seen - INNER) % OUTER
        };
        self.addresses[index] = MaybeUninit::new(address);
        self.seen += 1;
    }

    /// Take a frame in, walked from the innermost outwards; false where the walk is to stop.
    #[inline(always)]
    fn take(&mut self, address: usize) -> bool {
        if self.repeats(address) {
            self.skipped = Some(address);
        } else {
            // Who called whom is told by neighbours: the last of the repetitions stands before what called them.
            if let Some(before) = self.skipped.take() {
                self.keep(before);
            }
            self.keep(address);
        }
        self.walked += 1;
        self.deep = self.walked >= WALK_MAX;
        !self.deep
    }

    fn at(&self, index: usize) -> usize {
        debug_assert!(index < self.len());
        // SAFETY: the addresses up to `len` were written.
        unsafe { self.addresses[index].assume_init() }
    }

    /// The address at a position, innermost first.
    pub fn get(&self, index: usize) -> usize {
        if index < INNER || !self.truncated() {
            return self.at(index);
        }
        // The outermost frames stand in a ring; the oldest of them is the next to be overwritten.
        let next = (self.seen - INNER) % OUTER;
        self.at(INNER + (next + index - INNER) % OUTER)
    }
}

/// Walk the calling thread's stack. Inlined, for each frame of the tracer's own is walked too.
#[inline(always)]
pub fn stack() -> Stack {
    let mut stack = Stack::new();
    if WALKING.with(|walking| walking.replace(true)) {
        stack.busy = true;
        return stack;
    }
    if !by_rules(&mut stack) {
        by_libgcc(&mut stack);
    }
    WALKING.with(|walking| walking.set(false));
    stack
}

/// Walk by what was read of the unwind tables; false where that is not possible, and libgcc must.
#[inline(always)]
pub fn by_rules(stack: &mut Stack) -> bool {
    match region::rules() {
        Some(rules) => rules::walk(rules, rules::Frame::here(), |address| stack.take(address)),
        None => false,
    }
}

/// Walk with libgcc, which looks every frame up anew.
#[inline(always)]
pub fn by_libgcc(stack: &mut Stack) {
    stack.seen = 0;
    stack.walked = 0;
    stack.skipped = None;
    stack.deep = false;
    unsafe { _Unwind_Backtrace(visit, stack as *mut Stack as *mut c_void) };
}

extern "C" fn visit(context: *mut c_void, state: *mut c_void) -> i32 {
    let stack = unsafe { &mut *(state as *mut Stack) };
    let address = unsafe { _Unwind_GetIP(context) };
    if address == 0 {
        return STOP;
    }
    if stack.take(address) {
        GO_ON
    } else {
        STOP
    }
}

/// The call slots of the outermost frames, outermost first: (address of the slot, return address in it).
pub struct Slots {
    ring: [(usize, usize); SLOTS],
    seen: usize,
}

impl Slots {
    /// Number of slots kept.
    pub fn len(&self) -> usize {
        self.seen.min(SLOTS)
    }

    /// A slot, counted from the outermost frame.
    pub fn get(&self, index: usize) -> (usize, usize) {
        self.ring[(self.seen - 1 - index) % SLOTS]
    }
}

/// Find the call slots of the outermost frames; the whole stack is walked, once in a process.
#[inline(never)]
pub fn slots() -> Option<Slots> {
    let mut slots = Slots {
        ring: [(0, 0); SLOTS],
        seen: 0,
    };
    if WALKING.with(|walking| walking.replace(true)) {
        return None;
    }
    unsafe { _Unwind_Backtrace(visit_slot, &mut slots as *mut Slots as *mut c_void) };
    WALKING.with(|walking| walking.set(false));
    Some(slots)
}

extern "C" fn visit_slot(context: *mut c_void, state: *mut c_void) -> i32 {
    let slots = unsafe { &mut *(state as *mut Slots) };
    let (address, frame) = unsafe { (_Unwind_GetIP(context), _Unwind_GetCFA(context)) };
    if address == 0 {
        return STOP;
    }
    // On x86-64 the caller's frame begins right above the return address that its call pushed.
    let slot = frame.wrapping_sub(std::mem::size_of::<usize>());
    if cfg!(target_arch = "x86_64")
        && slots.seen > 0
        && unsafe { *(slot as *const usize) } == address
    {
        slots.ring[slots.seen % SLOTS] = (slot, address);
        slots.seen += 1;
    } else if slots.seen == 0 {
        // The first frame is this module's own: its slot is gone by the next call.
        slots.ring[0] = (0, address);
        slots.seen = 1;
    }
    GO_ON
}
