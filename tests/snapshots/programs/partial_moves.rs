let pair = (String::from("l"), String::from("r"));
let left = pair.0;
let taken = String::from("t");
let use_it = move || taken.len();
let both = String::from("both");
if left.len() > 3 {
    drop(both);
} else {
    std::hint::black_box(both);
}
//@ memory
println!("left\tvalue={left:?}\tlen={}", left.len());
println!("{} {}", pair.1, use_it());
//= state pair maybe-moved
//= value pair moved in part
//= state taken moved
//= state both moved
