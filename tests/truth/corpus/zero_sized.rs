// Zero-sized values: a box, a vector and a slice of them never reach the allocator, an Rc does.
use std::rc::Rc;

#[derive(Clone, Copy)]
struct Nothing;

fn main() {
    let boxed = std::hint::black_box(Box::new(Nothing));
    let mut many = Vec::new();
    for _ in 0..1000 {
        many.push(*boxed);
    }
    let slice: Box<[Nothing]> = many.into_boxed_slice();
    assert_eq!(slice.len(), 1000);
    let counted = std::hint::black_box(Rc::new(()));
    assert_eq!(Rc::strong_count(&counted), 1);
}
