use std::rc::{Rc, Weak};
let gone: Weak<u32> = { let r = Rc::new(5u32); Rc::downgrade(&r) };
let never: Weak<u32> = Weak::new();
let alive = Rc::new(1u8);
let there = Rc::downgrade(&alive);
//@ memory
fact!(gone, value = gone, strong = gone.strong_count());
fact!(never, size = 8);
fact!(there, value = there, strong = there.strong_count());
//= same alive there
