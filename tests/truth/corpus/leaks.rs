// Four ways to leak: forget, Box::leak, into_raw, and a cycle of Rc.
use std::cell::RefCell;
use std::rc::Rc;

struct Link {
    other: RefCell<Option<Rc<Link>>>,
}

fn main() {
    std::mem::forget(std::hint::black_box(Box::new(1u64)));
    let leaked: &'static mut [u8] = Box::leak(std::hint::black_box(vec![0u8; 24]).into_boxed_slice());
    leaked[0] = 1;
    let raw = Box::into_raw(std::hint::black_box(Box::new([0u16; 3])));
    std::hint::black_box(raw);
    let first = Rc::new(Link { other: RefCell::new(None) });
    let second = Rc::new(Link { other: RefCell::new(Some(Rc::clone(&first))) });
    *first.other.borrow_mut() = Some(Rc::clone(&second));
    std::hint::black_box(&first);
}
