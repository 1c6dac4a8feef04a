//! What was recorded survives SIGKILL.
unsafe extern "C" {
    fn kill(pid: i32, signal: i32) -> i32;
    fn getpid() -> i32;
}

fn main() {
    let kept = std::hint::black_box(Box::new([1u8; 77])); //~ alloc 77
    std::hint::black_box(vec![0u64; 3]); //~ zeroed 24, free 24
    std::hint::black_box(&kept);
    unsafe { kill(getpid(), 9) };
}
