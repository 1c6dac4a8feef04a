// Destructors that allocate: locals in reverse order, fields in order, temporaries at the end of their statement.
struct Noisy(&'static str, Option<Box<Noisy>>);

impl Drop for Noisy {
    fn drop(&mut self) {
        let line = std::hint::black_box(format!("dropping {}", self.0));
        assert!(line.len() > 9);
    }
}

fn name_length(noisy: &Noisy) -> usize {
    noisy.0.len()
}

fn main() {
    let _first = Noisy("first", Some(Box::new(Noisy("inner", None))));
    let _second = Noisy("second", None);
    let length = name_length(&Noisy("temporary", None));
    assert_eq!(length, 9);
}
