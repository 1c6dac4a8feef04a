let shared = std::sync::Arc::new(5u8);
let other = shared.clone();
std::thread::spawn(move || {
    let inside = vec![*other];
    //@ memory
    println!("inside\tvalue={:?}\tlen={}", inside, inside.len());
}).join().unwrap();
println!("{shared}");
//= thread 2
