//! Items in every section, and some that leave no trace.
use std::cell::Cell;
use std::hint::black_box;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

static NUMBERS: [u8; 4] = [1, 2, 3, 4];
static TEXT: &str = "hello";
static NAMES: [&str; 2] = ["a", "b"];
static COUNTER: AtomicU32 = AtomicU32::new(0);
static STARTED: AtomicU32 = AtomicU32::new(7);
static GUARDED: Mutex<u64> = Mutex::new(9);
static mut BUFFER: [u8; 100] = [0; 100];
static mut FILLED: [u8; 3] = [1, 2, 3];
static FLAG: bool = true;
static TABLE: [fn(u32) -> u32; 2] = [double, triple];
const LIMIT: u32 = 9;
const LIST: [u8; 3] = [1, 2, 3];

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(3) };
    static ZERO: Cell<u64> = const { Cell::new(0) };
    static LAZY: Cell<u32> = Cell::new(std::process::id());
}

fn double(n: u32) -> u32 {
    n * 2
}

fn triple(n: u32) -> u32 {
    n * 3
}

fn folded(n: u32) -> u32 {
    n + LIMIT
}

mod deep {
    pub static INNER: [u16; 3] = [5, 6, 7];
    #[inline(never)]
    pub fn reads(n: usize) -> u16 {
        INNER[n]
    }
}

fn main() {
    static LOCAL: [u32; 2] = [8, 9];
    COUNTER.fetch_add(1, Ordering::Relaxed);
    STARTED.fetch_add(1, Ordering::Relaxed);
    *GUARDED.lock().unwrap() += 1;
    let at = black_box(1);
    unsafe {
        BUFFER[at] = 1;
        FILLED[at] += 1;
        println!("{} {}", (*(&raw const BUFFER))[at], (*(&raw const FILLED))[at]);
    }
    DEPTH.set(DEPTH.get() + 1);
    ZERO.set(ZERO.get() + 1);
    LAZY.set(LAZY.get() + 1);
    println!("{} {} {}", NUMBERS[at] + u8::from(FLAG), black_box(TEXT), NAMES[at]);
    println!("{} {} {}", TABLE[at](2), folded(black_box(1)), LIST[at]);
    println!("{} {} {}", deep::reads(at), LOCAL[at], black_box(&TEXT));
}
