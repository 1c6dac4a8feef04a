// Rc: one block for value and counters; a Weak keeps the block; make_mut and unwrap_or_clone copy.
use std::rc::{Rc, Weak};

fn main() {
    let mut text = Rc::new(String::from("shared"));
    let other = Rc::clone(&text);
    Rc::make_mut(&mut text).push('!');
    let weak: Weak<String> = Rc::downgrade(&other);
    drop(other);
    assert!(weak.upgrade().is_none());
    let slice: Rc<[u8]> = Rc::from(vec![1, 2, 3]);
    let word: Rc<str> = Rc::from("word");
    assert_eq!(slice.len() + word.len(), 7);
    let owned = Rc::unwrap_or_clone(text);
    std::hint::black_box(owned);
}
