// A program that never asks for memory.
fn main() {
    let sum: u64 = (1..=10).sum();
    std::process::ExitCode::from(u8::from(sum != 55));
}
