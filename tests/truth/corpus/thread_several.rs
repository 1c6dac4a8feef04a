// Four threads that are joined in order; each fills a vector of another size.
use std::thread;

fn main() {
    let handles: Vec<_> = (1..=4usize)
        .map(|n| thread::spawn(move || vec![n as u8; n * 100]))
        .collect();
    let mut total = 0;
    for handle in handles {
        total += handle.join().unwrap().len();
    }
    assert_eq!(total, 1000);
}
