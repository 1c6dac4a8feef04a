// An index out of bounds: the panic is rustc's own.
fn main() {
    let v = std::hint::black_box(vec![1u8, 2, 3]);
    let index = std::hint::black_box(7);
    std::process::exit(i32::from(v[index]));
}
