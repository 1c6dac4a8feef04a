// Over-aligned values: a box, and a vector that grows (realloc is then a new block, a copy and a free in System).
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u8; 64]);

#[repr(align(4096))]
struct Page([u8; 4096]);

fn main() {
    let page = std::hint::black_box(Box::new(Page([1; 4096])));
    let mut lines = Vec::with_capacity(1);
    for n in 0..3u8 {
        lines.push(Line([n; 64]));
    }
    std::hint::black_box(&lines);
    assert_eq!(page.0[7] + lines[2].0[5], 3);
}
