//! Functions that call others directly, through the linker's tables, and by jumps at their end.
use std::fmt::Write;
use std::hint::black_box;

#[inline(never)]
fn leaf(n: u64) -> u64 {
    black_box(n)
}

#[inline(never)]
fn once(n: u64) -> u64 {
    leaf(n) + 1
}

#[inline(never)]
fn twice(n: u64) -> u64 {
    leaf(n) + leaf(n + 1)
}

#[inline(never)]
fn jumps(n: u64) -> u64 {
    leaf(n + 1)
}

#[inline(never)]
fn clears(out: &mut [u8]) {
    for byte in out {
        *byte = 0;
    }
}

#[inline(never)]
fn copies(out: &mut [u8; 500], from: &[u8; 500]) {
    *out = *from;
}

#[inline(never)]
fn allocates() -> Box<[u64; 3]> {
    Box::new(black_box([1, 2, 3]))
}

#[inline(never)]
fn releases(b: Box<u64>) -> u64 {
    *b
}

#[inline(never)]
fn writes(text: &mut String) {
    write!(text, "{}", 1).unwrap();
}

#[inline(never)]
fn through_a_pointer(f: fn(u64) -> u64) -> u64 {
    f(1) + f(2)
}

#[inline(never)]
fn through_a_table(f: &dyn Fn(u64) -> u64) -> u64 {
    f(3)
}

struct Loud(u64);

impl Drop for Loud {
    #[inline(never)]
    fn drop(&mut self) {
        black_box(self.0);
    }
}

#[inline(never)]
fn drops(n: u64) {
    let _first = Loud(n);
    let _second = Loud(n + 1);
}

fn inlined(n: u64) -> u64 {
    leaf(n) * 3
}

fn main() {
    let mut bytes = [1u8; 500];
    clears(&mut bytes[..black_box(400)]);
    copies(&mut bytes, &black_box([2; 500]));
    let mut text = String::new();
    writes(&mut text);
    drops(black_box(1));
    println!("{} {} {} {}", once(1), twice(2), jumps(3), inlined(4));
    println!("{} {} {}", through_a_pointer(leaf), through_a_table(&|n| leaf(n)), releases(Box::new(5)));
    println!("{:?} {text} {}", allocates(), bytes[3]);
}
