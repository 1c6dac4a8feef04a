struct Stack<T> { items: Vec<T> }
impl<T: std::fmt::Debug> Stack<T> {
    fn push(&mut self, item: T) {
        self.items.push(item);
        //@ memory[2]
        println!("self\tto={:p}", &*self as *const _);
    }
}
fn main() {
    let mut s = Stack { items: Vec::new() };
    s.push(1u8);
    s.push(2u8);
}
//= points self s
//= hit 2
