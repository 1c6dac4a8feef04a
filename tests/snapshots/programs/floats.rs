let a = 1.5f32;
let b = 0.1f64;
let c = 1e16f64;
let d = 1e-7f64;
let e = f64::NAN;
let f = f32::NEG_INFINITY;
let g = 0.1f32;
let h = 123456789.0f64;
let i = -0.0f64;
let j = f32::MAX;
let k = 1.0e15f64;
let l = 5e-324f64;
//@ memory
fact!(a, value = a); fact!(b, value = b); fact!(c, value = c); fact!(d, value = d); fact!(e, value = e);
fact!(f, value = f); fact!(g, value = g); fact!(h, value = h); fact!(i, value = i); fact!(j, value = j);
fact!(k, value = k); fact!(l, value = l);
