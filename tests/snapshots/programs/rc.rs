use std::rc::Rc;
let a = Rc::new(String::from("shared"));
let b = Rc::clone(&a);
let w = Rc::downgrade(&a);
let s: Rc<str> = Rc::from("text");
let l: Rc<[u32]> = Rc::from(vec![7, 8, 9]);
//@ memory
fact!(a, value = a, strong = Rc::strong_count(&a), weak = Rc::weak_count(&a));
fact!(b, value = b, strong = Rc::strong_count(&b), weak = Rc::weak_count(&b));
fact!(w, value = w, strong = w.strong_count(), weak = w.weak_count());
fact!(s, value = s, strong = Rc::strong_count(&s));
fact!(l, value = l, strong = Rc::strong_count(&l));
//= same a b
//= same a w
