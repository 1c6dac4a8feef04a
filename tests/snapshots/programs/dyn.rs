use std::rc::Rc;
trait Speak { fn say(&self) -> String; }
#[derive(Debug)]
struct Dog { age: u32, name: String }
#[derive(Debug)]
struct Cat;
impl Speak for Dog { fn say(&self) -> String { format!("{} {}", self.name, self.age) } }
impl Speak for Cat { fn say(&self) -> String { String::new() } }
let d: Box<dyn Speak> = Box::new(Dog { age: 3, name: "rex".to_string() });
let c: Box<dyn Speak> = Box::new(Cat);
let r: &dyn Speak = &*d;
let n: Rc<dyn Speak> = Rc::new(Dog { age: 4, name: "fido".to_string() });
//@ memory
fact!(d, to = &*d as *const dyn Speak as *const u8, bytes = 32);
fact!(c, size = 16);
fact!(r, to = r as *const dyn Speak as *const u8);
fact!(n, strong = Rc::strong_count(&n));
println!("{} {} {} {}", d.say(), c.say(), r.say(), n.say());
//= value d Dog { age: 3, name: "rex" }
//= value r Dog { age: 3, name: "rex" }
//= value c Cat
//= value n Dog { age: 4, name: "fido" }
//= field d concrete type Dog
//= field c concrete type Cat
//= static vtable of Dog as Speak .data.rel.ro
