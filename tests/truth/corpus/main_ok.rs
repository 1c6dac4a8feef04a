// Main returns Ok after a chain of ?.
fn halves(n: u32) -> Option<Vec<u32>> {
    let mut all = Vec::new();
    let mut left = n;
    while left > 1 {
        left = (left % 2 == 0).then_some(left / 2)?;
        all.push(left);
    }
    Some(all)
}

fn main() -> Result<(), String> {
    let all = halves(std::hint::black_box(64)).ok_or("odd")?;
    (all.len() == 6).then_some(()).ok_or_else(|| format!("{all:?}"))
}
