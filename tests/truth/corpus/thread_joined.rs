// A thread that is joined: its closure, packet and handle are blocks of the parent, its vector is its own.
use std::thread;

fn main() {
    let handle = thread::spawn(|| {
        let mut v = Vec::new();
        for i in 0..20u32 {
            v.push(i);
        }
        v.iter().sum::<u32>()
    });
    let sum = handle.join().unwrap();
    assert_eq!(sum, 190);
}
