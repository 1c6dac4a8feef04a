let a: u8 = 255;
let b: i8 = -128;
let c: u16 = 65535;
let d: i32 = -7;
let e: u64 = u64::MAX;
let f: i64 = i64::MIN;
let g: u128 = u128::MAX;
let h: i128 = -1;
let i: usize = 3;
let j: isize = -3;
//@ memory
fact!(a, value = a); fact!(b, value = b); fact!(c, value = c); fact!(d, value = d); fact!(e, value = e);
fact!(f, value = f); fact!(g, value = g); fact!(h, value = h); fact!(i, value = i); fact!(j, value = j);
