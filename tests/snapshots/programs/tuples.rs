let a = (1u8, 2u32, 'x');
let b = (String::from("s"), 3u16);
let c = (5u64,);
let d = ((1u8, 2u8), [3u8; 2]);
//@ memory
fact!(a, value = a); fact!(c, value = c); fact!(d, value = d);
fact!(b, value = b, to = b.0.as_ptr());
