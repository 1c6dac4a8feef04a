// A LinkedList: one block a node; split and append move nodes without new blocks.
use std::collections::LinkedList;

fn main() {
    let mut list: LinkedList<u16> = (0..6).collect();
    let mut tail = list.split_off(2);
    tail.append(&mut list);
    tail.pop_front();
    assert_eq!(tail.iter().sum::<u16>(), 13);
}
