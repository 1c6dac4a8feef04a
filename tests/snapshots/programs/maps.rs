use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
let mut h: HashMap<u8, String> = HashMap::new();
h.insert(1, "one".to_string());
let mut s: HashSet<&str> = HashSet::with_capacity(10);
s.insert("a");
let b: BTreeMap<u32, char> = [(3, 'c'), (1, 'a'), (2, 'b')].into_iter().collect();
let many: BTreeSet<u16> = (0..30).collect();
let none: HashMap<String, u8> = HashMap::new();
let nothing: BTreeMap<u8, u8> = BTreeMap::new();
//@ memory
fact!(h, value = h, len = h.len(), capacity = h.capacity());
fact!(s, value = s, len = s.len(), capacity = s.capacity());
fact!(b, value = b, len = b.len());
fact!(many, len = many.len());
fact!(none, value = none, len = none.len(), capacity = none.capacity());
fact!(nothing, value = nothing, len = nothing.len());
//= value many {0, 1, 2, 3, 4, 5, 6, 7, … 22 more}
