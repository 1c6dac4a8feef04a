// Main returns Err: the error is printed with its Debug form, inside the region.
#[derive(Debug)]
struct Trouble {
    #[allow(dead_code)]
    what: String,
    #[allow(dead_code)]
    where_: Vec<u32>,
}

fn main() -> Result<(), Trouble> {
    let where_ = std::hint::black_box(vec![1, 2, 3]);
    Err(Trouble { what: format!("{} places", where_.len()), where_ })
}
