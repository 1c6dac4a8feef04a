let a: Option<u32> = Some(5);
let b: Option<u32> = None;
let c: Result<u8, String> = Err("bad".to_string());
let d: Result<(), u8> = Ok(());
let e: Result<Option<u8>, char> = Ok(Some(1));
//@ memory
fact!(a, value = a, variant = "Some"); fact!(b, value = b, variant = "None"); fact!(c, value = c, variant = "Err");
fact!(d, value = d, variant = "Ok"); fact!(e, value = e, variant = "Ok");
