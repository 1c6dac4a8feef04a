use std::cell::{Cell, RefCell};
let c = Cell::new(5u16);
c.set(6);
let free = RefCell::new(vec![1u8]);
let read = RefCell::new(2u8);
let one = read.borrow();
let two = read.borrow();
let written = RefCell::new(3u8);
let guard = written.borrow_mut();
//@ memory
fact!(c, value = c);
fact!(free, value = free, borrow = "not borrowed");
fact!(read, value = read, borrow = "borrowed 2×");
println!("written\tborrow=mutably borrowed");
println!("{} {} {}", one, two, guard);
