use std::cell::Cell;
thread_local! { static COUNT: Cell<u32> = const { Cell::new(3) }; }
fn main() {
    COUNT.set(4);
    let n = COUNT.get();
    //@ memory
    fact!(n, value = n);
}
//= thread-local Cell { value: 4 }
