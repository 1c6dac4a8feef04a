#[derive(Debug)]
struct Point { x: i32, y: i64 }
#[derive(Debug)]
struct Meters(f64);
#[derive(Debug)]
struct Marker;
#[derive(Debug)]
struct Line { from: Point, to: Point, name: String }
let p = Point { x: -1, y: 2 };
let m = Meters(2.5);
let k = Marker;
let l = Line { from: Point { x: 0, y: 0 }, to: Point { x: 3, y: 4 }, name: "diagonal".to_string() };
//@ memory
fact!(p, value = p); fact!(m, value = m); fact!(k, value = k);
fact!(l, value = l, to = l.name.as_ptr());
