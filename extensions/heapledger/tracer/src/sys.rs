//! The few functions of libc that are needed, declared here: the tracer has no dependencies.

use std::ffi::c_void;

pub const O_RDONLY: i32 = 0;
pub const PROT_READ_WRITE: i32 = 3;
pub const MAP_SHARED: i32 = 1;
pub const MAP_PRIVATE_ANONYMOUS: i32 = 0x22;
pub const MADV_WIPEONFORK: i32 = 18;
pub const AT_PHDR: u64 = 3;
pub const SEEK_END: i32 = 2;
/// What `mmap` returns where it fails.
pub const MAP_FAILED: *mut c_void = usize::MAX as *mut c_void;

/// A span of time, as `nanosleep` takes it.
#[repr(C)]
pub struct Timespec {
    pub seconds: i64,
    pub nanoseconds: i64,
}

extern "C" {
    pub fn mmap(
        address: *mut c_void,
        length: usize,
        protection: i32,
        flags: i32,
        fd: i32,
        offset: i64,
    ) -> *mut c_void;
    pub fn munmap(address: *mut c_void, length: usize) -> i32;
    pub fn madvise(address: *mut c_void, length: usize, advice: i32) -> i32;
    pub fn open(path: *const u8, flags: i32, ...) -> i32;
    pub fn read(fd: i32, buffer: *mut u8, count: usize) -> isize;
    pub fn close(fd: i32) -> i32;
    pub fn lseek(fd: i32, offset: i64, whence: i32) -> i64;
    pub fn getpid() -> i32;
    pub fn syscall(number: i64, ...) -> i64;
    pub fn getauxval(kind: u64) -> u64;
    pub fn nanosleep(span: *const Timespec, left: *mut Timespec) -> i32;
    pub fn atexit(handler: extern "C" fn()) -> i32;
    pub fn __errno_location() -> *mut i32;
}

/// Number of the system call `gettid`: glibc has a function of that name only since 2.30.
#[cfg(target_arch = "x86_64")]
pub const SYS_GETTID: i64 = 186;
#[cfg(not(target_arch = "x86_64"))]
pub const SYS_GETTID: i64 = 178;

/// Number of this thread, as the kernel counts.
pub fn thread_id() -> i32 {
    unsafe { syscall(SYS_GETTID) as i32 }
}
