let x = 5u32;
let s = String::from("taken");
let by_ref = || x + 1;
let by_move = move || s.len();
let none = |n: u8| n + 1;
//@ memory
println!("by_ref\tsize={}", std::mem::size_of_val(&by_ref));
println!("by_move\tsize={}", std::mem::size_of_val(&by_move));
println!("none\tsize={}", std::mem::size_of_val(&none));
println!("{} {} {}", by_ref(), by_move(), none(1));
//= value by_move closure { s: "taken" }
//= value by_ref closure { x: 5 }
//= value none closure
//= points by_ref x
//= state s moved
//= owns by_move
