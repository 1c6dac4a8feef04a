// drain, splice, split_off, retain, dedup, insert and remove.
fn main() {
    let mut v: Vec<u32> = (0..20).collect();
    let drained: Vec<u32> = v.drain(3..8).collect();
    let replaced: Vec<u32> = v.splice(0..2, [100, 101, 102, 103, 104]).collect();
    let tail = v.split_off(10);
    v.retain(|n| n % 2 == 0);
    v.dedup();
    v.insert(1, 7);
    v.remove(0);
    assert_eq!(drained.len() + replaced.len() + tail.len(), 15);
    std::hint::black_box(v);
}
