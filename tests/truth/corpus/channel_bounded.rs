// A bounded channel has its buffer from the start.
use std::sync::mpsc::sync_channel;

fn main() {
    let (sender, receiver) = sync_channel::<String>(4);
    sender.send("one".to_string()).unwrap();
    sender.send("three".to_string()).unwrap();
    drop(sender);
    let all: Vec<String> = receiver.into_iter().collect();
    assert_eq!(all.concat(), "onethree");
}
