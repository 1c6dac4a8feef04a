//! Ten threads at once: no event is lost or torn, and each has its line.
fn main() {
    let threads: Vec<_> = (0..10u64)
        .map(|n| {
            std::thread::spawn(move || {
                for m in 0..1_000 {
                    std::hint::black_box(Box::new([n, m])); //~ (alloc 16, free 16) x10000
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
