let x = "  5 ";
let x = x.trim();
let x: u32 = x.parse().unwrap();
let v = vec![1u8];
let v: Vec<u16> = v.into_iter().map(u16::from).collect();
//@ memory
fact!(x, value = x);
fact!(v, value = v);
//= shadowed x 2
//= shadowed v 1
//= order x x x v v
