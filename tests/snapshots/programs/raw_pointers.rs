let v = vec![1u64, 2, 3];
let middle: *const u64 = &v[1];
let mut x = 5u8;
let at: *mut u8 = &mut x;
let null: *const u32 = std::ptr::null();
let dangling: *const u16 = std::ptr::dangling();
let freed: *const u32 = { let b = Box::new(1u32); &*b };
//@ memory
fact!(v, to = v.as_ptr());
fact!(middle, to = middle);
fact!(x, value = x);
fact!(at, to = at as *const u8);
fact!(null, size = 8);
println!("{:?} {:?}", dangling, freed.is_null());
//= value null null
//= unknown null null
//= unknown dangling dangling: no memory is there
//= unknown freed dangling: block 2 was freed on line 8
