// A thread panics and is joined: the parent receives the payload.
use std::thread;

fn main() {
    let handle = thread::spawn(|| {
        let held = std::hint::black_box(vec![1u8; 50]);
        if held.len() == 50 {
            panic!("worker failed with {}", held.len());
        }
    });
    let error = handle.join().unwrap_err();
    let text = error.downcast::<String>().unwrap();
    assert_eq!(*text, "worker failed with 50");
}
