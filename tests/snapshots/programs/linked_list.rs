#[derive(Debug)]
enum List { Cons(u8, Box<List>), Nil }
use List::{Cons, Nil};
let l = Cons(1, Box::new(Cons(2, Box::new(Cons(3, Box::new(Nil))))));
//@ memory
fact!(l, value = l, variant = "Cons");
//= chain 3
