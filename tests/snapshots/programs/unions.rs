#[repr(C)]
union Bits { int: u32, float: f32 }
let u = Bits { int: 0x3f800000 };
let m: std::mem::MaybeUninit<u16> = std::mem::MaybeUninit::new(258);
//@ memory
println!("u\tsize={}", std::mem::size_of_val(&u));
println!("m\tsize={}", std::mem::size_of_val(&m));
println!("{} {}", unsafe { u.float }, unsafe { m.assume_init() });
//= value u Bits (4 bytes: 00 00 80 3f)
//= value m MaybeUninit<u16> (2 bytes: 02 01)
