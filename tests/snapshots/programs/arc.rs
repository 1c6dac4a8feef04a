use std::sync::{Arc, Mutex};
let a = Arc::new(Mutex::new(vec![1u8]));
let b = a.clone();
let w = Arc::downgrade(&a);
let w2 = w.clone();
let d: Arc<dyn std::fmt::Debug> = Arc::new(5u16);
//@ memory
fact!(a, value = a, strong = Arc::strong_count(&a), weak = Arc::weak_count(&a));
fact!(b, value = b, strong = Arc::strong_count(&b), weak = Arc::weak_count(&b));
fact!(w2, value = w2, strong = w2.strong_count(), weak = w2.weak_count());
fact!(d, value = d, strong = Arc::strong_count(&d));
//= same a b
//= same a w
