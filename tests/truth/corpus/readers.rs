// Buffered reading and writing over memory.
use std::io::{BufRead, BufReader, BufWriter, Cursor, Read, Write};

fn main() -> std::io::Result<()> {
    let mut writer = BufWriter::with_capacity(16, Vec::new());
    for n in 0..10 {
        writeln!(writer, "line {n}")?;
    }
    let bytes = writer.into_inner()?;
    let mut reader = BufReader::with_capacity(32, Cursor::new(bytes));
    let mut line = String::new();
    reader.read_line(&mut line)?;
    assert_eq!(line, "line 0\n");
    let rest: Vec<String> = reader.by_ref().lines().take(2).collect::<Result<_, _>>()?;
    let mut end = String::new();
    reader.read_to_string(&mut end)?;
    assert_eq!(rest.len() * 7 + end.len(), 63);
    Ok(())
}
