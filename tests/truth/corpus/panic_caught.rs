// A panic with a formatted message is caught: the hook prints, the payload is a String.
use std::panic;

fn main() {
    let caught = panic::catch_unwind(|| {
        let v = std::hint::black_box(vec![1u16, 2, 3]);
        if v.len() == 3 {
            panic!("three: {:?}", v);
        }
    });
    let payload = caught.unwrap_err();
    assert!(payload.is::<String>());
}
