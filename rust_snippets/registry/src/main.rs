//! A list of names that exists before `main` runs.

// region: registry
use std::sync::Mutex;

static NAMES: Mutex<Vec<&str>> = Mutex::new(Vec::new());

fn register(name: &'static str) -> usize {
    let mut names = NAMES.lock().unwrap(); //~ none
    names.push(name); //~ alloc 64
    names.len()
}
// endregion: registry

// region: main
fn main() {
    assert_eq!(NAMES.lock().unwrap().len(), 0); //~ none
    assert_eq!(register("ferris"), 1); //~ none
    assert_eq!(register("corro"), 2); //~ none
}
// endregion: main
