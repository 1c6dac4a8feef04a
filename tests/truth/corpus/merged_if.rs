// Both branches begin with the same allocation: LLVM hoists it above the condition.
fn label(long: bool) -> String {
    let mut text;
    if long {
        text = String::with_capacity(16);
        text.push_str("long");
    } else {
        text = String::with_capacity(16);
        text.push_str("no");
    }
    text
}

fn main() {
    let first = std::hint::black_box(label(std::hint::black_box(true)));
    let second = std::hint::black_box(label(std::hint::black_box(false)));
    assert_eq!(first.len() + second.len(), 6);
}
