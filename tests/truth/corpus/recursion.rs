// A recursion of 300 frames with a box in each: the snippet's frame survives truncated stacks.
struct Node {
    next: Option<Box<Node>>,
    depth: u32,
}

fn build(depth: u32) -> Option<Box<Node>> {
    if depth == 0 {
        return None;
    }
    let next = build(depth - 1);
    Some(Box::new(Node { next, depth }))
}

fn main() {
    let list = std::hint::black_box(build(300));
    let mut sum = 0;
    let mut node = &list;
    while let Some(inner) = node {
        sum += inner.depth;
        node = &inner.next;
    }
    assert_eq!(sum, 45150);
}
