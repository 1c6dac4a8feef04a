//! The destructor of a thread-local allocates, after the thread's own code has ended.
struct Last(u8);

impl Drop for Last {
    fn drop(&mut self) {
        std::hint::black_box(Box::new([self.0; 33])); //~ alloc 33, free 33
    }
}

thread_local! {
    static LAST: Last = const { Last(1) };
}

fn main() {
    std::thread::spawn(|| LAST.with(|last| assert_eq!(last.0, 1))).join().unwrap();
}
