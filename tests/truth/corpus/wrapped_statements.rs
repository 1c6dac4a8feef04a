// No main: statements and items as they stand in a document.
use std::collections::BTreeSet;
let mut set = BTreeSet::new();
for word in ["one", "two", "three", "two"] {
    set.insert(word.to_string());
}
fn total(set: &BTreeSet<String>) -> usize {
    set.iter().map(String::len).sum()
}
assert_eq!(total(&set), 11);
