// Main panics: its locals are dropped by unwinding, exit status 101.
fn main() {
    let held = std::hint::black_box(vec![String::from("dropped while unwinding"); 2]);
    if held.len() == 2 {
        panic!("main gives up after {} strings", held.len());
    }
}
