// Main returns a boxed error made by the ? operator from a ParseIntError and then from a string.
use std::error::Error;

fn parse(text: &str) -> Result<u32, Box<dyn Error>> {
    let n: u32 = text.parse()?;
    if n > 10 {
        return Err(format!("{n} is too much").into());
    }
    Ok(n)
}

fn main() -> Result<(), Box<dyn Error>> {
    assert!(parse("x").is_err());
    assert_eq!(parse("7")?, 7);
    parse("11")?;
    Ok(())
}
