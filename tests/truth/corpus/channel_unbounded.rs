// An unbounded channel allocates blocks of 31 messages as it goes; one thread sends and receives.
use std::sync::mpsc::channel;

fn main() {
    let (sender, receiver) = channel();
    for n in 0..100u64 {
        sender.send(n).unwrap();
    }
    drop(sender);
    assert_eq!(receiver.iter().sum::<u64>(), 4950);
}
