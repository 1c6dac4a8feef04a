// Generic functions and types of the program, instantiated for several types.
use std::fmt::Debug;

#[derive(Debug)]
struct Stack<T> {
    items: Vec<T>,
}

impl<T: Debug + Clone> Stack<T> {
    fn new() -> Self {
        Stack { items: Vec::new() }
    }

    fn push(&mut self, item: T) -> &mut Self {
        self.items.push(item);
        self
    }

    fn twice(&self) -> Vec<T> {
        let mut all = self.items.clone();
        all.extend(self.items.iter().cloned());
        all
    }
}

fn main() {
    let mut numbers = Stack::new();
    numbers.push(1u32).push(2).push(3).push(4).push(5);
    let mut words = Stack::new();
    words.push(String::from("a")).push(String::from("b"));
    assert_eq!(numbers.twice().len() + words.twice().len(), 14);
    let text = format!("{words:?}");
    std::hint::black_box(text);
}
