// A joined producer sends boxes to main.
use std::sync::mpsc::channel;
use std::thread;

fn main() {
    let (sender, receiver) = channel::<Box<[u8]>>();
    let producer = thread::spawn(move || {
        for n in 1..=3usize {
            sender.send(vec![0xAA; n * 10].into_boxed_slice()).unwrap();
        }
    });
    producer.join().unwrap();
    let bytes: usize = receiver.iter().map(|part| part.len()).sum();
    assert_eq!(bytes, 60);
}
