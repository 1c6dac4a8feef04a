// A named thread with a stack size of its own, which returns a string to its parent.
use std::thread;

fn main() {
    let handle = thread::Builder::new()
        .name("worker".to_string())
        .stack_size(64 * 1024)
        .spawn(|| {
            let me = thread::current();
            format!("{} is done", me.name().unwrap())
        })
        .unwrap();
    let said = handle.join().unwrap();
    std::hint::black_box(&said);
}
