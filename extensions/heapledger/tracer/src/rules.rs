//! Walking by the unwind tables, each place in the program looked up once.
//!
//! libgcc looks a frame's place up and reads its tables whenever it comes past. A program comes past the same few places
//! over and over, so what was read is remembered here. Where a frame is not of the plain kind, the walk is given up and
//! libgcc walks: the same frames, only slower.

use std::ptr;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;

use crate::cfi::{row_at, Kept, RBP, RSP};
use crate::images::Images;
use crate::sys;

const WORD: usize = std::mem::size_of::<usize>();
/// Places remembered, two to the power of this.
const PLACE_BITS: u32 = 13;
const PLACES: usize = 1 << PLACE_BITS;
/// Bits of an address in a process.
const ADDRESS_BITS: u32 = 47;
/// Bits of a rule: the rest of a word beside what tells its place from others that share its entry.
const RULE_BITS: u32 = 64 - (ADDRESS_BITS - PLACE_BITS);
const RULE_MASK: u64 = (1 << RULE_BITS) - 1;

/// How to leave a frame, in [`RULE_BITS`] bits: two of its kind, one whether rbp leads to its end and not rsp, five for
/// where the caller's rbp is (in words below the end; 0: in the register), the others for the offset in words.
#[derive(Clone, Copy)]
struct Rule(u64);

/// Not of the plain kind; also what an entry that was never written says.
const HARD: Rule = Rule(0);
/// Nobody called this frame.
const OUTERMOST: Rule = Rule(1);
const PLAIN: u64 = 2;
const KIND_MASK: u64 = 3;
const BY_RBP: u64 = 4;
const RBP_SHIFT: u32 = 3;
const RBP_MASK: u64 = 31;
const OFFSET_SHIFT: u32 = 8;

impl Rule {
    /// The rule for a call that returns to an address.
    #[cold]
    fn read(pc: usize) -> Rule {
        // As libgcc does: the call is the instruction before, and what follows it may belong to another function.
        let row = match row_at(pc - 1) {
            Some(row) => row,
            None => return HARD,
        };
        let words = row.offset / WORD as u64;
        let rbp = match row.rbp {
            Kept::Same | Kept::Lost => 0,
            Kept::Below(0) => return HARD,
            Kept::Below(below) => below,
        };
        let fits = row.offset % WORD as u64 == 0
            && words < 1 << (RULE_BITS - OFFSET_SHIFT)
            && rbp <= RBP_MASK;
        let by_rbp = match row.register {
            RSP => 0,
            RBP => BY_RBP,
            _ => return HARD,
        };
        match row.back {
            Kept::Lost => OUTERMOST,
            Kept::Below(1) if fits => {
                Rule(PLAIN | by_rbp | rbp << RBP_SHIFT | words << OFFSET_SHIFT)
            }
            _ => HARD,
        }
    }
}

/// What was read of the tables.
///
/// An entry is one word, so that another thread or a signal handler finds all of it or nothing. Only images that are
/// never unloaded are entered: another image could later have other code at the same address. Frames of others are
/// left to libgcc.
#[repr(C)]
pub struct Rules {
    places: [AtomicU64; PLACES],
    images: Images,
}

impl Rules {
    /// Map memory for them; null where that fails. A static would be in every program, also in one that is not traced.
    pub unsafe fn map() -> *mut Rules {
        let mapped = sys::mmap(
            ptr::null_mut(),
            std::mem::size_of::<Rules>(),
            sys::PROT_READ_WRITE,
            sys::MAP_PRIVATE_ANONYMOUS,
            -1,
            0,
        );
        if mapped == sys::MAP_FAILED {
            return ptr::null_mut();
        }
        let rules = mapped as *mut Rules;
        (*rules).images.find();
        rules
    }

    #[inline(always)]
    fn of(&self, pc: usize) -> Rule {
        let place = &self.places[pc % PLACES];
        let known = place.load(Relaxed);
        if known >> RULE_BITS == pc as u64 >> PLACE_BITS {
            return Rule(known & RULE_MASK);
        }
        if pc >> ADDRESS_BITS != 0 || !self.images.hold(pc) {
            return HARD;
        }
        let rule = Rule::read(pc);
        let tag = pc as u64 >> PLACE_BITS << RULE_BITS;
        place.store(tag | rule.0, Relaxed);
        rule
    }
}

/// Where a frame calls: the address it is returned to, and its registers then.
pub struct Frame {
    pc: usize,
    rsp: usize,
    rbp: usize,
}

impl Frame {
    /// The frame of the function that this is inlined into.
    #[inline(always)]
    pub fn here() -> Frame {
        let (pc, rsp, rbp);
        // SAFETY: reads three registers. The stack pointer stays the same in these instructions, so the row of the
        // first holds for all of them.
        unsafe {
            std::arch::asm!(
                "lea {pc}, [rip]",
                "mov {rsp}, rsp",
                "mov {rbp}, rbp",
                pc = out(reg) pc,
                rsp = out(reg) rsp,
                rbp = out(reg) rbp,
                options(nomem, nostack, preserves_flags)
            );
        }
        Frame { pc, rsp, rbp }
    }

    /// The frame that called this one.
    #[inline(always)]
    fn caller(&self, rule: Rule) -> Option<Frame> {
        let from = if rule.0 & BY_RBP != 0 {
            self.rbp
        } else {
            self.rsp
        };
        let end = from.wrapping_add((rule.0 >> OFFSET_SHIFT) as usize * WORD);
        let below = (rule.0 >> RBP_SHIFT & RBP_MASK) as usize * WORD;
        // A stack grows downwards; one that does not is another one, switched to by hand.
        if end <= self.rsp || end % WORD != 0 || end - self.rsp < below {
            return None;
        }
        // SAFETY: both lie between the stack pointer and the frame's end.
        unsafe {
            Some(Frame {
                pc: *((end - WORD) as *const usize),
                rsp: end,
                rbp: if below == 0 {
                    self.rbp
                } else {
                    *((end - below) as *const usize)
                },
            })
        }
    }
}

/// Show the addresses of a stack, innermost first, until told to stop or at the outermost. False: some frame is not of
/// the plain kind, and what was shown is to be forgotten.
#[inline(always)]
pub fn walk(rules: &Rules, innermost: Frame, mut goes_on: impl FnMut(usize) -> bool) -> bool {
    let mut frame = innermost;
    loop {
        let rule = rules.of(frame.pc);
        if rule.0 & KIND_MASK == HARD.0 {
            return frame.pc == 0;
        }
        if !goes_on(frame.pc) || rule.0 & KIND_MASK == OUTERMOST.0 {
            return true;
        }
        frame = match frame.caller(rule) {
            Some(caller) => caller,
            None => return false,
        };
    }
}
