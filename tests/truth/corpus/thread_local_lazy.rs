// A lazily initialised thread-local in main alone; its value outlives main.
use std::cell::RefCell;

thread_local! {
    static NAMES: RefCell<Vec<String>> = RefCell::new(vec![String::from("first")]);
}

fn main() {
    NAMES.with(|names| names.borrow_mut().push("second".repeat(2)));
    let count = NAMES.with(|names| names.borrow().len());
    assert_eq!(count, 2);
}
