// Inner attributes at the top, and a recursion limit.
#![allow(unused_variables, dead_code)]
#![deny(unsafe_code)]
#![recursion_limit = "256"]

struct Unused {
    field: Box<u8>,
}

fn main() {
    let kept = std::hint::black_box(Unused { field: Box::new(1) });
    let other = 5;
}
