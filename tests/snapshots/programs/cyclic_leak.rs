use std::cell::RefCell;
use std::rc::Rc;
struct Node { next: RefCell<Option<Rc<Node>>> }
let a = Rc::new(Node { next: RefCell::new(None) });
*a.next.borrow_mut() = Some(a.clone());
drop(a);
//@ memory
println!("done");
//= leaked 1
