// Thread-locals with destructors: each thread that touches one has its own vector and frees it at its end.
use std::cell::RefCell;
use std::thread;

thread_local! {
    static SEEN: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

fn remember(n: u32) -> usize {
    SEEN.with(|seen| {
        seen.borrow_mut().push(n);
        seen.borrow().len()
    })
}

fn main() {
    let handle = thread::spawn(|| (0..9).map(remember).last().unwrap());
    assert_eq!(handle.join().unwrap(), 9);
    assert_eq!(remember(1), 1);
}
