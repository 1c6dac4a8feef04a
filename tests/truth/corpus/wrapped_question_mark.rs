// No main, and a last expression that gives main its return type.
let n: i64 = "-12".parse()?;
let text = format!("{n:+}");
std::hint::black_box(&text);
Ok::<(), std::num::ParseIntError>(())
