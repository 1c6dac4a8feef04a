// edition 2021: the temporary of a tail expression is dropped after the locals.
struct Noisy(Vec<u8>);

impl Drop for Noisy {
    fn drop(&mut self) {
        let line = std::hint::black_box("x".repeat(self.0.len()));
        assert_eq!(line.len(), self.0.len());
    }
}

fn tail() -> usize {
    let _local = Noisy(vec![1; 3]);
    Noisy(vec![2; 7]).0.len()
}

fn main() {
    assert_eq!(std::hint::black_box(tail()), 7);
}
