#[derive(Debug)]
enum Shape { Circle { radius: f32 }, Rect(u32, u32), Empty }
#[derive(Debug, Clone, Copy)]
enum Level { Low = 1, High = 200 }
#[derive(Debug)]
enum Tree { Leaf, Node(Box<Tree>, u8, Box<Tree>) }
#[derive(Debug)]
#[repr(u16)]
enum Code { Ok = 7, Bad(u8) = 9 }
let a = Shape::Circle { radius: 1.5 };
let b = Shape::Rect(3, 4);
let c = Shape::Empty;
let d = Level::High;
let e = Level::Low;
let t = Tree::Node(Box::new(Tree::Leaf), 5, Box::new(Tree::Node(Box::new(Tree::Leaf), 6, Box::new(Tree::Leaf))));
let f = Code::Bad(3);
let g = Code::Ok;
//@ memory
fact!(a, value = a, variant = "Circle"); fact!(b, value = b, variant = "Rect"); fact!(c, value = c, variant = "Empty");
fact!(d, value = d); fact!(e, value = e); fact!(f, value = f, variant = "Bad"); fact!(g, value = g, variant = "Ok");
fact!(t, value = t, variant = "Node");
