use std::borrow::Cow;
let b: Cow<str> = Cow::Borrowed("lit");
let o: Cow<str> = Cow::Owned("own".to_string());
let once = std::cell::OnceCell::new();
once.set(5u8).unwrap();
//@ memory
println!("b\tvariant=Borrowed\tsize={}", std::mem::size_of_val(&b));
println!("o\tvariant=Owned\tsize={}", std::mem::size_of_val(&o));
println!("{once:?}");
//= owns o
