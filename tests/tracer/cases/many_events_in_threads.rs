//! 300,000 events of four threads, with a table that grows beyond the events kept in detail.
fn main() {
    let threads: Vec<_> = (0..4u64)
        .map(|n| {
            std::thread::spawn(move || {
                let mut all = Vec::new();
                for m in 0..37_490 {
                    std::hint::black_box(Box::new([n, m]));
                }
                for m in 0..100 {
                    all.push(m);
                    std::hint::black_box(&all);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
