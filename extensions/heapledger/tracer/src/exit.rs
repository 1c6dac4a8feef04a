//! The end of the process: whether main is still on the stack, and a moment for threads that are about to end.

use std::sync::atomic::Ordering::{Relaxed, Release};

use crate::region::{thread_number, trace};
use crate::{sys, walk};

/// Longest wait for threads that still run: one that has just handed over its result frees its last blocks now.
const GRACE_MS: u32 = 100;
const STEPS_PER_MS: u32 = 4;

/// Registered at the first call, so that it runs after the program's own handlers.
pub extern "C" fn at_exit() {
    let header = match trace() {
        Some(header) => header,
        None => return,
    };
    let errno = unsafe { *sys::__errno_location() };
    let stack = walk::stack();
    for index in 0..stack.len() {
        header.exit_stack[index].store(stack.get(index) as u64, Relaxed);
    }
    header.exit_frames.store(stack.len() as u32, Relaxed);
    header.exit_thread.store(thread_number(header), Relaxed);
    header.exit_reached.store(1, Release);
    let mut steps = 0;
    while other_threads() && steps < GRACE_MS * STEPS_PER_MS {
        let pause = sys::Timespec {
            seconds: 0,
            nanoseconds: 1_000_000 / i64::from(STEPS_PER_MS),
        };
        unsafe { sys::nanosleep(&pause, std::ptr::null_mut()) };
        steps += 1;
    }
    header.waited_ms.store(steps / STEPS_PER_MS, Relaxed);
    header
        .grace_expired
        .store(u32::from(other_threads()), Release);
    unsafe { *sys::__errno_location() = errno };
}

/// Whether the process has more than this thread: field 20 of `/proc/self/stat`, read without allocating.
fn other_threads() -> bool {
    let mut buffer = [0_u8; 512];
    let read = unsafe {
        let fd = sys::open(b"/proc/self/stat\0".as_ptr(), sys::O_RDONLY);
        if fd < 0 {
            return false;
        }
        let read = sys::read(fd, buffer.as_mut_ptr(), buffer.len());
        sys::close(fd);
        read
    };
    let length = if read > 0 { read as usize } else { 0 };
    // The name of the program stands in parentheses and may hold anything; fields are counted after it.
    let mut start = 0;
    let mut index = 0;
    while index < length {
        if buffer[index] == b')' {
            start = index + 2;
        }
        index += 1;
    }
    let mut field = 3;
    let mut threads = 0_u32;
    while start < length && field <= 20 {
        if buffer[start] == b' ' {
            field += 1;
        } else if field == 20 {
            threads = threads * 10 + u32::from(buffer[start].wrapping_sub(b'0'));
        }
        start += 1;
    }
    threads > 1
}
