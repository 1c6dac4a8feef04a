let kept: &'static mut u32 = Box::leak(Box::new(5));
std::mem::forget(String::from("lost"));
let v = std::mem::ManuallyDrop::new(vec![1u8]);
let raw = Box::into_raw(Box::new(1u16));
//@ memory
println!("{} {:?} {:?}", kept, v, raw.is_null());
//= leaked 2
//= not-leaked 1
//= not-leaked 3
//= not-leaked 4
