//! A thread with 16 KiB of stack, the least that the system gives: the tracer's own frames must fit.
unsafe extern "C" {
    fn pthread_attr_init(attributes: *mut [u64; 8]) -> i32;
    fn pthread_attr_setstacksize(attributes: *mut [u64; 8], bytes: usize) -> i32;
    fn pthread_create(
        thread: *mut usize,
        attributes: *const [u64; 8],
        start: extern "C" fn(*mut u8) -> *mut u8,
        argument: *mut u8,
    ) -> i32;
    fn pthread_join(thread: usize, result: *mut *mut u8) -> i32;
}

extern "C" fn run(argument: *mut u8) -> *mut u8 {
    std::hint::black_box(Box::new([1u8; 41])); //~ alloc 41, free 41
    argument
}

fn main() {
    unsafe {
        let (mut attributes, mut thread) = ([0; 8], 0);
        assert_eq!(pthread_attr_init(&mut attributes), 0);
        assert_eq!(pthread_attr_setstacksize(&mut attributes, 16 << 10), 0);
        assert_eq!(pthread_create(&mut thread, &attributes, run, std::ptr::null_mut()), 0);
        assert_eq!(pthread_join(thread, std::ptr::null_mut()), 0);
    }
}
