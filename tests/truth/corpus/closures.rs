// Closures: on the stack, boxed without captures, boxed with captures, in a vector.
fn adder(n: i64) -> Box<dyn Fn(i64) -> i64> {
    Box::new(move |m| n + m)
}

fn main() {
    let base = std::hint::black_box(5i64);
    let plain = |m: i64| base * m;
    let boxed = std::hint::black_box(adder(base));
    let empty: Box<dyn Fn() -> i64> = std::hint::black_box(Box::new(|| 3));
    let text = String::from("captured");
    let mut steps: Vec<Box<dyn FnOnce() -> usize>> = Vec::new();
    steps.push(Box::new(move || text.len()));
    steps.push(Box::new(|| 1));
    let sum: usize = steps.into_iter().map(|step| step()).sum();
    assert_eq!(plain(2) + boxed(1) + empty() + sum as i64, 28);
}
