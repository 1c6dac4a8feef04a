//! The shared memory that the trace goes into: finding it, its header, and leaving forked children out.

use std::cell::Cell;
use std::ptr;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicU32, AtomicU64};

use crate::rules::Rules;
use crate::{exit, sys};

/// Number of the file descriptor that the parent passes; high, so that the program's own numbers stay the same.
const TRACE_FD: i32 = 198;
const MAGIC: u64 = u64::from_le_bytes(*b"HLTRACE1");
const VERSION: u32 = 2;
/// Bytes before the first record.
pub const HEADER_BYTES: u64 = 4096;
/// Call slots of the main thread's outermost frames that overflow mode compares.
pub const SLOTS: usize = 16;
/// Counters: one for each number of slots that still hold, one for all other threads.
pub const BUCKETS: usize = SLOTS + 2;
/// Bucket of all threads but the main one.
pub const OTHER_THREADS: usize = SLOTS + 1;
/// Most frames of a stack that a record keeps.
pub const KEPT: usize = 72;

/// A call slot of a frame and the return address it held.
#[repr(C)]
pub struct Slot {
    pub address: AtomicU64,
    pub value: AtomicU64,
}

/// What is counted where no detail is kept any more.
#[repr(C)]
pub struct Counters {
    pub allocs: AtomicU64,
    pub zeroed: AtomicU64,
    pub reallocs: AtomicU64,
    pub frees: AtomicU64,
    pub failed: AtomicU64,
    pub bytes: AtomicU64,
    pub born: AtomicU64,
    pub died: AtomicU64,
    pub max_live: AtomicI64,
    pub reserved: AtomicU64,
}

/// The first bytes of the mapping; `measure/trace.py` reads the same layout.
#[repr(C)]
pub struct Header {
    magic: u64,
    version: u32,
    pub event_max: u32,
    pub size: u64,
    phdr: AtomicU64,
    pid: AtomicU32,
    threads: AtomicU32,
    stamp: AtomicU64,
    pub used: AtomicU64,
    pub events: AtomicU64,
    unused: AtomicU64,
    pub live: AtomicI64,
    pub exit_reached: AtomicU32,
    pub grace_expired: AtomicU32,
    pub waited_ms: AtomicU32,
    pub exit_thread: AtomicU32,
    pub slots_saved: AtomicU32,
    pub exit_frames: AtomicU32,
    pub selected: u32,
    reserved: u32,
    pub slots: [Slot; SLOTS],
    pub exit_stack: [AtomicU64; KEPT],
    pub counters: [Counters; BUCKETS],
}

impl Header {
    /// Next number of the one clock that orders the calls of all threads.
    pub fn next_stamp(&self) -> u64 {
        self.stamp.fetch_add(1, Relaxed)
    }

    /// Whether calls are still kept in detail; once they are not, they never are again.
    pub fn keeps(&self) -> bool {
        self.events.load(Relaxed) < u64::from(self.event_max)
    }

    /// First byte of the mapping.
    pub fn base(&self) -> *mut u8 {
        self as *const Header as *mut u8
    }
}

/// A page that the kernel empties in every forked child, so that its calls are left out at no cost to ours.
#[repr(C)]
struct Ours {
    header: AtomicPtr<Header>,
    rules: AtomicPtr<Rules>,
}

static OURS: AtomicPtr<Ours> = AtomicPtr::new(ptr::null_mut());
static STATE: AtomicU32 = AtomicU32::new(UNKNOWN);
/// The process to compare with where the kernel cannot empty a page on fork; 0: it can.
static ONLY_PID: AtomicU32 = AtomicU32::new(0);

const UNKNOWN: u32 = 0;
const LOOKING: u32 = 1;
const DECIDED: u32 = 2;

thread_local! {
    static THREAD: Cell<u32> = const { Cell::new(0) };
}

/// The trace to write to, or none: not started by heapledger, or in a forked child.
#[inline]
pub fn trace() -> Option<&'static Header> {
    if STATE.load(Acquire) != DECIDED {
        find();
    }
    let ours = OURS.load(Acquire);
    if ours.is_null() {
        return None;
    }
    let header = unsafe { (*ours).header.load(Relaxed) };
    let only = ONLY_PID.load(Relaxed);
    if header.is_null() || (only != 0 && only != unsafe { sys::getpid() } as u32) {
        return None;
    }
    Some(unsafe { &*header })
}

/// What walks read of the unwind tables; none where walking by them is not possible.
#[inline]
pub fn rules() -> Option<&'static Rules> {
    let ours = OURS.load(Acquire);
    if ours.is_null() {
        return None;
    }
    // SAFETY: stays mapped, and is null in a forked child.
    unsafe { (*ours).rules.load(Relaxed).as_ref() }
}

/// Number of this thread: 1 for the main one, others in order of their first call.
pub fn thread_number(header: &Header) -> u32 {
    let known = THREAD.with(Cell::get);
    if known != 0 {
        return known;
    }
    let main = sys::thread_id() == unsafe { sys::getpid() };
    let number = if main {
        1
    } else {
        header.threads.fetch_add(1, Relaxed) + 2
    };
    THREAD.with(|thread| thread.set(number));
    number
}

#[cold]
fn find() {
    // Calls that come while another is looking (a signal handler) are not traced; before main there is one thread.
    if STATE
        .compare_exchange(UNKNOWN, LOOKING, Acquire, Relaxed)
        .is_err()
    {
        return;
    }
    let errno = unsafe { *sys::__errno_location() };
    unsafe { map() };
    unsafe { *sys::__errno_location() = errno };
    STATE.store(DECIDED, Release);
}

unsafe fn map() {
    let size = sys::lseek(TRACE_FD, 0, sys::SEEK_END);
    if size < HEADER_BYTES as i64 {
        return;
    }
    let length = size as usize;
    let mapped = sys::mmap(
        ptr::null_mut(),
        length,
        sys::PROT_READ_WRITE,
        sys::MAP_SHARED,
        TRACE_FD,
        0,
    );
    if mapped == sys::MAP_FAILED {
        return;
    }
    let header = mapped as *mut Header;
    if (*header).magic != MAGIC || (*header).version != VERSION || (*header).size != size as u64 {
        sys::munmap(mapped, length);
        return;
    }
    let page = sys::mmap(
        ptr::null_mut(),
        4096,
        sys::PROT_READ_WRITE,
        sys::MAP_PRIVATE_ANONYMOUS,
        -1,
        0,
    );
    if page == sys::MAP_FAILED {
        sys::munmap(mapped, length);
        return;
    }
    sys::close(TRACE_FD);
    if sys::madvise(page, 4096, sys::MADV_WIPEONFORK) != 0 {
        ONLY_PID.store(sys::getpid() as u32, Relaxed);
    }
    (*header).pid.store(sys::getpid() as u32, Relaxed);
    (*header).phdr.store(sys::getauxval(sys::AT_PHDR), Relaxed);
    let ours = page as *mut Ours;
    (*ours).header.store(header, Relaxed);
    (*ours).rules.store(Rules::map(), Relaxed);
    OURS.store(ours, Release);
    sys::atexit(exit::at_exit);
}
