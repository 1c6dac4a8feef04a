let a = Box::new(5u64);
let b: Box<[u16]> = vec![1, 2, 3].into_boxed_slice();
let c: Box<str> = "boxed".into();
let d = Box::new(Box::new(9u8));
let e = Box::new([0u8; 100]);
//@ memory
fact!(a, value = a, to = &*a as *const u64, bytes = 8);
fact!(b, value = b, length = b.len(), to = b.as_ptr(), bytes = 6);
fact!(c, value = c, length = c.len(), to = c.as_ptr(), bytes = 5);
fact!(d, value = d, to = &*d as *const _, bytes = 8);
fact!(e, to = &*e as *const _, bytes = 100);
