//! Lists of 150 nodes are dropped by glue that calls itself: the line of each free is that of the drop, at any depth.
struct Node {
    next: Option<Box<Node>>,
}

fn list() -> Option<Box<Node>> {
    let mut list = None;
    for _ in 0..150 {
        list = Some(Box::new(Node { next: list }));
    }
    std::hint::black_box(list)
}

fn main() {
    let first = list();
    let second = list();
    drop(first);
    drop(second);
}
