// A binary tree of boxes, dropped by recursion of the compiler's own glue.
enum Tree {
    Leaf(u8),
    Fork(Box<Tree>, Box<Tree>),
}

fn grow(depth: u8) -> Tree {
    match depth {
        0 => Tree::Leaf(1),
        _ => Tree::Fork(Box::new(grow(depth - 1)), Box::new(grow(depth - 1))),
    }
}

fn weigh(tree: &Tree) -> u32 {
    match tree {
        Tree::Leaf(n) => u32::from(*n),
        Tree::Fork(left, right) => weigh(left) + weigh(right),
    }
}

fn main() {
    let tree = std::hint::black_box(grow(5));
    assert_eq!(weigh(&tree), 32);
}
