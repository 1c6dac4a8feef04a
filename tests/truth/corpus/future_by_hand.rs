// A boxed future that is polled by hand, with a waker made from an Arc.
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::task::{Context, Poll, Wake, Waker};

struct Counter(AtomicU32);

impl Wake for Counter {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct Twice(u8);

impl Future for Twice {
    type Output = u8;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<u8> {
        self.0 += 1;
        if self.0 == 2 {
            return Poll::Ready(self.0);
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

async fn work(name: &str) -> String {
    let n = Twice(0).await;
    format!("{name} after {n}")
}

fn main() {
    let counter = Arc::new(Counter(AtomicU32::new(0)));
    let waker = Waker::from(Arc::clone(&counter));
    let mut context = Context::from_waker(&waker);
    let mut futures: Vec<Pin<Box<dyn Future<Output = String>>>> = vec![Box::pin(work("a")), Box::pin(work("bb"))];
    let mut done = Vec::new();
    while !futures.is_empty() {
        futures.retain_mut(|future| match future.as_mut().poll(&mut context) {
            Poll::Ready(text) => {
                done.push(text);
                false
            }
            Poll::Pending => true,
        });
    }
    assert_eq!(done, ["a after 2", "bb after 2"]);
    assert_eq!(counter.0.load(Ordering::Relaxed), 2);
}
