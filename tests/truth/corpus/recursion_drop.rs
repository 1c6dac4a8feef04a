// A long list is dropped by recursion, in a function that main calls: between the two, frames are dropped from stacks.
struct Node {
    next: Option<Box<Node>>,
    number: u32,
}

#[inline(never)]
fn clear(list: Option<Box<Node>>) -> u32 {
    let first = list.as_ref().map_or(0, |node| node.number);
    drop(std::hint::black_box(list));
    std::hint::black_box(first) + 1
}

fn main() {
    let mut list = None;
    for number in 0..150 {
        list = Some(Box::new(Node { next: list, number }));
    }
    let first = clear(list);
    assert_eq!(first, 150);
}
