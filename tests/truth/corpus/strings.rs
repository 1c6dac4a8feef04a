// A string grows by pushes, by +, by format and by write.
use std::fmt::Write;

fn main() {
    let mut s = String::new();
    s.push('a');
    s.push_str("bcdefghij");
    s += "klmnopqrstuvwxyz";
    write!(s, "{:>10}", 42).unwrap();
    s.insert_str(0, "0123456789");
    let upper = s.to_uppercase();
    let parts: Vec<&str> = upper.split('M').collect();
    let joined = parts.join("--");
    assert_eq!(joined.len(), s.len() + 1);
}
