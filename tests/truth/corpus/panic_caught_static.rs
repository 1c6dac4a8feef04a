// A panic with a constant message is caught: the payload is a boxed &str.
fn main() {
    let caught = std::panic::catch_unwind(|| {
        let _held = std::hint::black_box(Box::new([0u64; 4]));
        panic!("constant");
    });
    assert!(caught.is_err());
}
