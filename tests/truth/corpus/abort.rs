// The process aborts: nothing is dropped.
fn main() {
    let held = std::hint::black_box(vec![5u32; 12]);
    if held.len() == 12 {
        std::process::abort();
    }
}
