//! What a forked child asks for is its own affair: 500 allocations there, two here.
unsafe extern "C" {
    fn fork() -> i32;
    fn waitpid(child: i32, status: *mut i32, options: i32) -> i32;
    fn _exit(status: i32) -> !;
}

fn main() {
    let before = std::hint::black_box(Box::new(1u8)); //~ alloc 1
    unsafe {
        let child = fork();
        if child == 0 {
            for n in 0..500u64 {
                std::hint::black_box(Box::new(n)); //~ none
            }
            _exit(0);
        }
        let mut status = -1;
        assert_eq!(waitpid(child, &mut status, 0), child);
        assert_eq!(status, 0);
    }
    let after = std::hint::black_box(Box::new(2u16)); //~ alloc 2
    drop(before); //~ free 1
    drop(after); //~ free 2
}
