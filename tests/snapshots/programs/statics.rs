static GREETING: &str = "hello";
static TABLE: [u16; 3] = [1, 2, 3];
static mut COUNTER: u64 = 7;
static BIG: [u8; 64] = [0; 64];
static LOCK: std::sync::Mutex<Vec<u8>> = std::sync::Mutex::new(Vec::new());
fn main() {
    unsafe { COUNTER += 1; }
    LOCK.lock().unwrap().push(4);
    let r = &TABLE;
    let part = &TABLE[1..];
    //@ memory
    fact!(r, to = r as *const _);
    fact!(part, to = part.as_ptr(), value = part);
    println!("{} {} {:?}", GREETING, BIG[0], LOCK);
}
//= static GREETING .data.rel.ro
//= static TABLE .rodata
//= static COUNTER .data
//= static BIG .rodata
//= static LOCK .data
//= static-value COUNTER 8
//= static-value TABLE [1, 2, 3]
//= static-value GREETING "hello"
//= live 1
