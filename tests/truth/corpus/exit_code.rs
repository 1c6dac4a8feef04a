// Main returns an ExitCode; its locals are dropped before.
use std::process::ExitCode;

fn main() -> ExitCode {
    let codes = std::hint::black_box(vec![3u8, 4, 5]);
    ExitCode::from(codes[1])
}
