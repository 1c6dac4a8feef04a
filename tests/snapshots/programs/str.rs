let literal = "hello, \"world\"\n";
let owned = String::from("größe");
let part = &owned[2..];
let empty = "";
//@ memory
fact!(literal, value = literal, length = literal.len());
fact!(owned, value = owned, len = owned.len(), cap = owned.capacity(), to = owned.as_ptr());
fact!(part, value = part, length = part.len(), to = part.as_ptr());
fact!(empty, value = empty, length = empty.len());
