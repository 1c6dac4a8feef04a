let mut v = Vec::with_capacity(10);
v.extend([1u32, 2, 3]);
let s = { let mut s = String::from("abcdef"); s.truncate(2); s };
//@ memory
fact!(v, value = v, len = v.len(), cap = v.capacity(), to = v.as_ptr(), bytes = 40);
fact!(s, value = s, len = s.len(), cap = s.capacity(), to = s.as_ptr(), bytes = 6);
//= spare 1 7
//= spare 2 4
