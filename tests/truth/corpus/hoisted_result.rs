// Ok and Err are built from the same formatted text: one tail for both.
fn check(n: i32) -> Result<String, String> {
    let text = format!("value {n}");
    if n < 0 { Err(text + " is negative") } else { Ok(text + " is fine") }
}

fn main() {
    let mut length = 0;
    for n in [-1, 1] {
        length += match std::hint::black_box(check(std::hint::black_box(n))) {
            Ok(text) => text.len(),
            Err(text) => text.len() * 100,
        };
    }
    assert_eq!(length, 2015);
}
