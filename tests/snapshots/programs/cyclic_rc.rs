use std::cell::RefCell;
use std::rc::Rc;
struct Node { name: &'static str, next: RefCell<Option<Rc<Node>>> }
let a = Rc::new(Node { name: "a", next: RefCell::new(None) });
let b = Rc::new(Node { name: "b", next: RefCell::new(Some(a.clone())) });
*a.next.borrow_mut() = Some(b.clone());
//@ memory
fact!(a, strong = Rc::strong_count(&a));
fact!(b, strong = Rc::strong_count(&b));
println!("{} {}", a.name, b.name);
//= owned-by 1 2
