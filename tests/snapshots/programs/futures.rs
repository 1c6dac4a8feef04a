use std::future::Future;
async fn wait(n: u8) -> u8 { n }
let f = wait(5);
let boxed: std::pin::Pin<Box<dyn Future<Output = u8>>> = Box::pin(wait(6));
//@ memory
println!("f\tsize={}", std::mem::size_of_val(&f));
println!("boxed\tsize={}", std::mem::size_of_val(&boxed));
drop((f, boxed));
//= variant f Unresumed
//= owns boxed
