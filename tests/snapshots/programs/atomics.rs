use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::SeqCst};
let a = AtomicU32::new(1);
a.fetch_add(4, SeqCst);
let b = AtomicBool::new(true);
let c = AtomicUsize::new(9);
//@ memory
fact!(a, value = a); fact!(b, value = b); fact!(c, value = c);
