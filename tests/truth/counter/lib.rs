//! The other way to count: an allocator in a crate of its own that keeps sums and nothing else.
//!
//! Nothing of heapledger's tracer is used. It walks no stack and writes no events; the region is marked where it
//! begins and ends: the linker replaces std's `lang_start_internal` (`--wrap`) by a function of ours, which hands std
//! the same closure with a mark before and after. That closure calls main and reports its result, so the marks stand
//! exactly where section 4.4 of the design puts them, and the program's own code stays as it is.
//!
//! The sums live in a file that is mapped, so that they survive every way to die.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::panic::RefUnwindSafe;
use std::ptr;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::atomic::{AtomicI64, AtomicPtr, AtomicU64, AtomicUsize};

/// The sums, in the order in which the test reads them.
#[repr(C)]
struct Sums {
    allocs: AtomicU64,
    reallocs: AtomicU64,
    frees: AtomicU64,
    bytes: AtomicU64,
    live: AtomicI64,
    peak: AtomicI64,
    outside_allocs: AtomicU64,
    outside_bytes: AtomicU64,
    regions: AtomicU64,
}

struct Counter;

#[global_allocator]
static GLOBAL: Counter = Counter;

static SUMS: AtomicPtr<Sums> = AtomicPtr::new(ptr::null_mut());

/// Blocks that the main thread got before main: freeing one inside leaves the region's live bytes as they are.
const EARLY: usize = 64;
static EARLY_BLOCKS: [AtomicUsize; EARLY] = [const { AtomicUsize::new(0) }; EARLY];
static EARLY_COUNT: AtomicUsize = AtomicUsize::new(0);

#[derive(Clone, Copy, PartialEq)]
enum Place {
    /// A thread that the program started.
    Thread,
    BeforeMain,
    Main,
    AfterMain,
}

thread_local! {
    static PLACE: Cell<Place> = const { Cell::new(Place::Thread) };
}

fn sums() -> Option<&'static Sums> {
    unsafe { SUMS.load(SeqCst).as_ref() }
}

fn inside() -> bool {
    matches!(PLACE.get(), Place::Thread | Place::Main)
}

fn born(block: *mut u8, size: usize) {
    let Some(sums) = sums() else { return };
    if !inside() {
        sums.outside_allocs.fetch_add(1, SeqCst);
        sums.outside_bytes.fetch_add(size as u64, SeqCst);
        if PLACE.get() == Place::BeforeMain {
            EARLY_BLOCKS[EARLY_COUNT.fetch_add(1, SeqCst)].store(block as usize, SeqCst);
        }
        return;
    }
    sums.allocs.fetch_add(1, SeqCst);
    sums.bytes.fetch_add(size as u64, SeqCst);
    change(sums, if block.is_null() { 0 } else { size as i64 });
}

fn change(sums: &Sums, by: i64) {
    let live = sums.live.fetch_add(by, SeqCst) + by;
    sums.peak.fetch_max(live, SeqCst);
}

fn is_early(block: *mut u8) -> bool {
    EARLY_BLOCKS
        .iter()
        .any(|early| early.load(SeqCst) == block as usize)
}

unsafe impl GlobalAlloc for Counter {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let block = unsafe { System.alloc(layout) };
        born(block, layout.size());
        block
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        let block = unsafe { System.alloc_zeroed(layout) };
        born(block, layout.size());
        block
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let (Some(sums), true) = (sums(), inside()) {
            sums.frees.fetch_add(1, SeqCst);
            if !is_early(block) {
                change(sums, -(layout.size() as i64));
            }
        }
        unsafe { System.dealloc(block, layout) }
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, new_size: usize) -> *mut u8 {
        let moved = unsafe { System.realloc(block, layout, new_size) };
        if let (Some(sums), true) = (sums(), inside()) {
            sums.reallocs.fetch_add(1, SeqCst);
            if !moved.is_null() && !is_early(block) {
                change(sums, new_size as i64 - layout.size() as i64);
            }
        }
        moved
    }
}

/// What std's `lang_start_internal` takes: main with the reporting of its result.
type Main<'a> = &'a (dyn Fn() -> i32 + Sync + RefUnwindSafe);

unsafe extern "Rust" {
    #[link_name = "__real_LANG_START_INTERNAL"]
    fn start(main: Main<'_>, argc: isize, argv: *const *const u8, sigpipe: u8) -> isize;
}

/// Ends the region on every way out of main: a return, and unwinding.
struct Region;

impl Drop for Region {
    fn drop(&mut self) {
        PLACE.set(Place::AfterMain);
    }
}

#[unsafe(export_name = "__wrap_LANG_START_INTERNAL")]
fn counted_start(main: Main<'_>, argc: isize, argv: *const *const u8, sigpipe: u8) -> isize {
    unsafe { map() };
    PLACE.set(Place::BeforeMain);
    let marked = || {
        if let Some(sums) = sums() {
            sums.regions.fetch_add(1, SeqCst);
        }
        PLACE.set(Place::Main);
        let _region = Region;
        main()
    };
    unsafe { start(&marked, argc, argv, sigpipe) }
}

mod c {
    use std::ffi::c_void;

    unsafe extern "C" {
        pub fn open(path: *const u8, flags: i32, ...) -> i32;
        pub fn close(fd: i32) -> i32;
        pub fn mmap(
            at: *mut c_void,
            length: usize,
            protection: i32,
            flags: i32,
            fd: i32,
            offset: i64,
        ) -> *mut c_void;
        pub fn atexit(handler: extern "C" fn()) -> i32;
        pub fn access(path: *const u8, mode: i32) -> i32;
        pub fn usleep(microseconds: u32) -> i32;
        pub fn getdents64(fd: i32, buffer: *mut u8, size: usize) -> isize;
    }
}

const READ_WRITE: i32 = 2;
const DIRECTORY: i32 = 0o200_000;
const READ_AND_WRITE_PAGES: i32 = 3;
const SHARED: i32 = 1;
const WAIT_STEPS: u32 = 200;
const WAIT_MICROSECONDS: u32 = 1000;

unsafe fn map() {
    unsafe {
        let fd = c::open(b"counts\0".as_ptr(), READ_WRITE);
        assert!(fd >= 0);
        let at = c::mmap(ptr::null_mut(), 4096, READ_AND_WRITE_PAGES, SHARED, fd, 0);
        assert!(at as isize != -1);
        c::close(fd);
        SUMS.store(at.cast(), SeqCst);
        c::atexit(wait_for_threads);
    }
}

/// A joined thread is gone; one of a scope may still be on its last steps when the scope ends.
extern "C" fn wait_for_threads() {
    for _ in 0..WAIT_STEPS {
        if threads() <= 1 {
            return;
        }
        unsafe { c::usleep(WAIT_MICROSECONDS) };
    }
}

/// Entries of `/proc/self/task`, without allocating.
fn threads() -> usize {
    let mut buffer = [0u8; 4096];
    let read = unsafe {
        if c::access(b"/proc/self/task\0".as_ptr(), 0) != 0 {
            return 1;
        }
        let fd = c::open(b"/proc/self/task\0".as_ptr(), DIRECTORY);
        let read = c::getdents64(fd, buffer.as_mut_ptr(), buffer.len());
        c::close(fd);
        read
    };
    let (mut at, mut entries) = (0, 0);
    while (at as isize) < read {
        entries += 1;
        at += usize::from(u16::from_le_bytes([buffer[at + 16], buffer[at + 17]]));
    }
    entries - 2
}
