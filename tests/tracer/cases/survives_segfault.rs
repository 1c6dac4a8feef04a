//! What was recorded survives a segmentation fault.
fn main() {
    let kept = std::hint::black_box(Box::new([1u8; 77])); //~ alloc 77
    std::hint::black_box(vec![0u64; 3]); //~ zeroed 24, free 24
    std::hint::black_box(&kept);
    unsafe { std::hint::black_box(std::ptr::null_mut::<u8>()).write_volatile(1) };
}
