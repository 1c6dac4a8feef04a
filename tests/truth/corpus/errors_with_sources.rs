// An error that holds another one in a box, and io::Error with a payload.
use std::error::Error;
use std::fmt;
use std::io;

#[derive(Debug)]
struct Outer {
    source: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "outer")
    }
}

impl Error for Outer {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.source)
    }
}

fn main() {
    let inner = io::Error::other("the disk is on fire");
    let outer = std::hint::black_box(Outer { source: Box::new(inner) });
    let mut chain = Vec::new();
    let mut next: Option<&dyn Error> = Some(&outer);
    while let Some(error) = next {
        chain.push(error.to_string());
        next = error.source();
    }
    assert_eq!(chain.len(), 2);
}
