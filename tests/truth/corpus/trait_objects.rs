// Trait objects of several sizes, one of them zero.
trait Shape {
    fn area(&self) -> f64;
}

struct Square(f64);
struct Rectangle(f64, f64);
struct Point;

impl Shape for Square {
    fn area(&self) -> f64 {
        self.0 * self.0
    }
}

impl Shape for Rectangle {
    fn area(&self) -> f64 {
        self.0 * self.1
    }
}

impl Shape for Point {
    fn area(&self) -> f64 {
        0.0
    }
}

fn main() {
    let shapes: Vec<Box<dyn Shape>> = vec![Box::new(Square(2.0)), Box::new(Rectangle(1.0, 3.0)), Box::new(Point)];
    let shapes = std::hint::black_box(shapes);
    let area: f64 = shapes.iter().map(|shape| shape.area()).sum();
    assert_eq!(area, 7.0);
}
