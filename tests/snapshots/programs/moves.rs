#[derive(Debug)]
struct Loud(&'static str);
impl Drop for Loud { fn drop(&mut self) { println!("drop {}", self.0); } }
fn consume(_: Loud) {}
let a = Loud("a");
let b = Loud("b");
let c = Loud("c");
let d = a;
consume(b);
let never: Loud;
let late;
let maybe = Loud("maybe");
if std::env::args().count() > 5 { consume(maybe); }
println!("---");
//@ memory
never = Loud("never");
late = 5u8;
println!("{:?} {:?} {:?} {}", c, d, never, late);
println!("end");
//= state a moved
//= state b moved
//= state c live
//= state d live
//= state never uninitialised
//= state late uninitialised
//= state maybe maybe-moved
