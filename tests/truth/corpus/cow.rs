// A Cow borrows until it must own.
use std::borrow::Cow;

fn spaces(text: &str) -> Cow<'_, str> {
    if text.contains('\t') { Cow::Owned(text.replace('\t', "    ")) } else { Cow::Borrowed(text) }
}

fn main() {
    let borrowed = std::hint::black_box(spaces(std::hint::black_box("no tabs")));
    let owned = std::hint::black_box(spaces(std::hint::black_box("one\ttab")));
    let mut slice = Cow::Borrowed(&[1u8, 2][..]);
    slice.to_mut().push(3);
    assert_eq!(borrowed.len() + owned.len() + slice.len(), 20);
}
