// Scoped threads borrow from main; each handle is joined.
use std::thread;

fn main() {
    let words = vec![String::from("alpha"), String::from("beta"), String::from("gamma")];
    let lengths: Vec<usize> = thread::scope(|scope| {
        let handles: Vec<_> = words
            .iter()
            .map(|word| scope.spawn(move || word.repeat(3).len()))
            .collect();
        handles.into_iter().map(|handle| handle.join().unwrap()).collect()
    });
    assert_eq!(lengths.iter().sum::<usize>(), 42);
}
