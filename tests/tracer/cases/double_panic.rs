//! A destructor allocates and panics while a panic unwinds, which ends the process.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        std::hint::black_box(Box::new([1u8; 51])); //~ alloc 51, free 51
        std::panic::panic_any(2u8);
    }
}

fn main() {
    let kept = std::hint::black_box(Box::new([1u8; 77])); //~ alloc 77
    let _bomb = Bomb;
    if kept[0] == 1 {
        std::panic::panic_any(1u8);
    }
}
