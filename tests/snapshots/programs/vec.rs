let mut v: Vec<u32> = Vec::with_capacity(5);
v.push(1);
v.push(2);
let empty: Vec<u64> = Vec::new();
let nested = vec![vec![1u8], vec![2, 3], Vec::new()];
let words = vec![String::from("one"), String::from("two")];
let units = vec![(); 3];
//@ memory
fact!(v, value = v, len = v.len(), cap = v.capacity(), to = v.as_ptr(), bytes = v.capacity() * 4);
fact!(empty, value = empty, len = empty.len(), cap = empty.capacity());
fact!(nested, value = nested, len = nested.len(), to = nested.as_ptr(), bytes = nested.capacity() * 24);
fact!(words, value = words, to = words.as_ptr());
fact!(units, value = units, len = units.len(), cap = units.capacity());
