let x = 7u32;
let r = &x;
let rr = &r;
let mut y = [1u16, 2, 3];
let m = &mut y;
m[0] = 9;
//@ memory
fact!(r, value = r, to = r as *const u32);
fact!(rr, value = rr, to = rr as *const _);
fact!(x, value = x);
println!("m\tto={:p}\tvalue={:?}", &*m as *const _, m);
fact!(y, value = y);
