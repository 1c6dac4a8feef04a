use std::hint::black_box;
use std::time::Instant;

/// Boxes made and dropped in a loop, below so many frames; the best of several rounds, in nanoseconds a call.
fn below(frames: u32, rounds: u32, times: u32) -> f64 {
    if frames > 0 {
        let found = below(frames - 1, rounds, times);
        return black_box(found);
    }
    let mut best = f64::MAX;
    for _ in 0..rounds {
        let started = Instant::now();
        for n in 0..times {
            black_box(Box::new(black_box(n)));
        }
        best = best.min(started.elapsed().as_nanos() as f64 / f64::from(2 * times));
    }
    best
}

fn main() {
    let mut given = std::env::args().skip(1).map(|one| one.parse::<u32>().unwrap());
    let (depth, fill) = (given.next().unwrap(), given.next().unwrap());
    for n in 0..fill {
        black_box(Box::new(black_box(n)));
    }
    let best = below(depth, 20, 500);
    println!("{best}");
}
