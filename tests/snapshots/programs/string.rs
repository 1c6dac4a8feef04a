let mut s = String::with_capacity(10);
s.push_str("abc");
let empty = String::new();
let t = format!("{}-{}", 1, 2);
//@ memory
fact!(s, value = s, len = s.len(), cap = s.capacity(), to = s.as_ptr(), bytes = 10);
fact!(empty, value = empty, len = empty.len(), cap = empty.capacity());
fact!(t, value = t, len = t.len(), cap = t.capacity(), to = t.as_ptr(), bytes = t.capacity());
