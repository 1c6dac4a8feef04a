// format! with and without arguments, with padding, and nested.
fn main() {
    let constant = std::hint::black_box(format!("nothing to fill in"));
    let number = std::hint::black_box(format!("{}", 12345678));
    let wide = std::hint::black_box(format!("{:>64}|{:<5}|{:^7}", "right", "left", "mid"));
    let debug = std::hint::black_box(format!("{:?}", (1, "two", vec![3.0, 4.5])));
    let nested = std::hint::black_box(format!("{constant}{}", format!("{number}{wide}")));
    assert!(nested.len() > debug.len());
}
