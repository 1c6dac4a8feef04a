let a = [1u8, 2, 3];
let b = [[1i32, 2], [3, 4], [5, 6]];
let c: [String; 2] = [String::from("p"), String::from("q")];
let d: [u64; 0] = [];
//@ memory
fact!(a, value = a); fact!(b, value = b); fact!(d, value = d);
fact!(c, value = c, to = c[0].as_ptr());
