// A destructor panics while a panic unwinds: the process aborts. The hook keeps std from printing a backtrace.
struct Bomb(Vec<u8>);

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("second, with {} bytes", self.0.len());
    }
}

fn main() {
    std::panic::set_hook(Box::new(|info| {
        std::hint::black_box(info.payload().is::<String>());
    }));
    let _bomb = std::hint::black_box(Bomb(vec![1; 33]));
    panic!("first");
}
