// Scoped threads that nobody joins by name: the scope waits for them.
use std::sync::Mutex;
use std::thread;

fn main() {
    let found = Mutex::new(Vec::with_capacity(2));
    thread::scope(|scope| {
        for n in 0..2u64 {
            let found = &found;
            scope.spawn(move || {
                let boxed = std::hint::black_box(Box::new(n));
                found.lock().unwrap().push(*boxed);
            });
        }
    });
    assert_eq!(found.into_inner().unwrap().iter().sum::<u64>(), 1);
}
