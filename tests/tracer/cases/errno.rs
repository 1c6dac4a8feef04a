//! The tracer leaves `errno` as the allocator left it, in every thread, whatever it does itself.
unsafe extern "C" {
    fn __errno_location() -> *mut i32;
}

fn check() {
    for n in 1..200u64 {
        unsafe { *__errno_location() = n as i32 };
        let mut v = std::hint::black_box(Vec::<u64>::with_capacity(1));
        v.push(n);
        v.push(n);
        std::hint::black_box(&v);
        drop(v);
        assert_eq!(unsafe { *__errno_location() }, n as i32);
    }
}

fn main() {
    check();
    std::thread::spawn(check).join().unwrap();
}
