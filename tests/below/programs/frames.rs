//! Functions with frames of none, a few bytes, a page and many pages.
use std::hint::black_box;

macro_rules! array_frame {
    ($($name:ident $size:literal)*) => {$(
        #[inline(never)]
        fn $name(n: u8) -> u8 {
            let array = [n; $size];
            black_box(&array);
            array[usize::from(n) % $size]
        }
    )*};
}

array_frame! {
    bytes_1 1  bytes_7 7  bytes_8 8  bytes_16 16  bytes_24 24  bytes_64 64  bytes_100 100  bytes_120 120
    bytes_128 128  bytes_129 129  bytes_256 256  bytes_1000 1000  bytes_4000 4000  bytes_4088 4088  bytes_4095 4095
    bytes_4096 4096  bytes_4097 4097  bytes_8192 8192  bytes_9000 9000  bytes_12288 12288  bytes_16384 16384
    bytes_20000 20000  bytes_65536 65536  bytes_100000 100_000  bytes_200000 200_000
}

#[inline(never)]
fn nothing() {}

#[inline(never)]
fn identity(n: u64) -> u64 {
    n
}

#[inline(never)]
fn sum(a: u64, b: u64) -> u64 {
    a.wrapping_add(b)
}

#[inline(never)]
fn eight_arguments(a: u64, b: u64, c: u64, d: u64, e: u64, f: u64, g: u64, h: u64) -> u64 {
    black_box(a ^ b ^ c ^ d ^ e ^ f ^ g ^ h)
}

#[inline(never)]
fn passes_on_the_stack(a: u64) -> u64 {
    eight_arguments(a, 1, 2, 3, 4, 5, 6, 7).wrapping_add(eight_arguments(1, 2, 3, 4, 5, 6, a, 8))
}

#[inline(never)]
fn returns_early(n: u64) -> u64 {
    if n < 10 {
        return n;
    }
    let array = [n; 30];
    black_box(&array);
    array[3] + sum(n, 1)
}

#[inline(never)]
fn recursive(n: u64) -> u64 {
    if n == 0 { 1 } else { black_box(n).wrapping_mul(recursive(n - 1)) }
}

#[inline(never)]
fn boxed(n: u64) -> Box<u64> {
    Box::new(n)
}

#[inline(never)]
fn boxed_array() -> Box<[u8; 100_000]> {
    Box::new([7; 100_000])
}

#[inline(never)]
fn grows(v: &mut Vec<u64>, n: u64) {
    v.push(n);
}

#[inline(never)]
fn formats(n: u64) -> String {
    format!("{n:>20}")
}

#[inline(never)]
fn panics(n: usize) -> u8 {
    [1u8, 2, 3][black_box(n)]
}

#[inline(never)]
fn drops_two(a: String, b: String) -> usize {
    black_box(a.len()) + black_box(b.len())
}

#[inline(never)]
fn largest<T: PartialOrd + Copy>(values: &[T]) -> T {
    let mut found = values[0];
    for &value in values {
        if value > found {
            found = value;
        }
    }
    found
}

#[inline(never)]
fn big_return(n: u64) -> [u64; 600] {
    [n; 600]
}

#[inline(never)]
fn uses_big_return(n: u64) -> u64 {
    let first = big_return(n);
    let second = big_return(n + 1);
    black_box(&first);
    black_box(&second);
    first[1] + second[2]
}

fn main() {
    let mut total = 0u64;
    for call in [
        bytes_1, bytes_7, bytes_8, bytes_16, bytes_24, bytes_64, bytes_100, bytes_120, bytes_128, bytes_129, bytes_256,
        bytes_1000, bytes_4000, bytes_4088, bytes_4095, bytes_4096, bytes_4097, bytes_8192, bytes_9000, bytes_12288,
        bytes_16384, bytes_20000, bytes_65536, bytes_100000, bytes_200000,
    ] {
        total += u64::from(call(3));
    }
    nothing();
    total += identity(black_box(1)) + sum(1, black_box(2)) + passes_on_the_stack(black_box(3));
    total += returns_early(black_box(50)) + recursive(black_box(5)) + *boxed(4) + u64::from(boxed_array()[3]);
    let mut v = Vec::new();
    grows(&mut v, 1);
    total += v[0] + formats(7).len() as u64 + u64::from(panics(1));
    total += drops_two("a".into(), "b".into()) as u64 + u64::from(largest(&[1u8, 2])) + largest(&[1u64, 2]);
    total += uses_big_return(black_box(1));
    println!("{total}");
}
