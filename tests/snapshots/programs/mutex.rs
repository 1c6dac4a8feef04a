use std::sync::{Mutex, RwLock};
let m = Mutex::new(5u32);
let r = RwLock::new(String::from("x"));
let locked = Mutex::new(1u8);
let guard = locked.lock().unwrap();
//@ memory
fact!(m, value = m);
fact!(r, value = r);
println!("locked\tlock=locked\tsize={}", std::mem::size_of_val(&locked));
println!("{}", guard);
//= field m lock unlocked
