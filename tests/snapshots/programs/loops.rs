let words = vec!["a", "b", "c"];
let mut joined = String::new();
for (i, w) in words.iter().enumerate() {
    joined.push_str(w);
    //@ memory[2]
    if i == 1 { fact!(i, value = i); fact!(w, value = w); fact!(joined, value = joined); }
}
let mut n = 0u32;
while let Some(next) = n.checked_add(1) {
    if next > 3 { break; }
    n = next;
}
//= names words joined i w
