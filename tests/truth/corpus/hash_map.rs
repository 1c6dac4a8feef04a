// A HashMap grows by rehashing into a new table; its strings are blocks of their own.
use std::collections::HashMap;

fn main() {
    let mut ages: HashMap<String, u32> = HashMap::new();
    for n in 0..30u32 {
        ages.insert(format!("person {n}"), n);
    }
    *ages.entry(String::from("person 3")).or_insert(0) += 1;
    assert_eq!(ages.values().sum::<u32>(), 436);
    assert_eq!(ages.remove("person 29"), Some(29));
}
