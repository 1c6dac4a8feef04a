use std::collections::VecDeque;
let mut d: VecDeque<u16> = VecDeque::with_capacity(4);
d.push_back(1);
d.push_back(2);
d.push_front(0);
d.pop_back();
d.push_front(9);
let names: VecDeque<String> = ["a", "b"].iter().map(|s| s.to_string()).collect();
let none: VecDeque<u8> = VecDeque::new();
//@ memory
fact!(d, value = d, len = d.len(), cap = d.capacity());
fact!(names, value = names, len = names.len());
fact!(none, value = none, len = none.len(), cap = none.capacity());
