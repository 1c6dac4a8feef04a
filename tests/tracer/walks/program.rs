//! Calls of the allocator from below frames of all kinds; the argument tells which.
use std::arch::global_asm;
use std::hint::black_box;

unsafe extern "C" {
    fn signal(number: i32, handler: extern "C" fn(i32)) -> usize;
    fn raise(number: i32) -> i32;
    fn atexit(handler: extern "C" fn()) -> i32;
    fn qsort(
        base: *mut u32,
        count: usize,
        size: usize,
        compare: extern "C" fn(*const u32, *const u32) -> i32,
    );
    fn dlopen(path: *const u8, flags: i32) -> *mut u8;
    fn dlsym(library: *mut u8, name: *const u8) -> *mut u8;
    fn dlclose(library: *mut u8) -> i32;
    fn getcontext(context: *mut Context) -> i32;
    fn makecontext(context: *mut Context, start: extern "C" fn(), arguments: i32);
    fn swapcontext(from: *mut Context, to: *const Context) -> i32;
    fn setitimer(which: i32, new: *const [i64; 4], old: *mut [i64; 4]) -> i32;
    fn call_remembering(called: extern "C" fn());
    fn call_below_rbp(called: extern "C" fn());
    fn call_with_far_rbp(called: extern "C" fn());
    fn call_below_rbx(called: extern "C" fn());
    fn call_by_expression(called: extern "C" fn());
    fn call_untold(called: extern "C" fn());
}

// Frames that compilers for x86-64 make, and some that they do not.
global_asm!(
    ".text",
    // Rows remembered and restored, rbp saved and back before the call.
    "call_remembering: .cfi_startproc",
    "push rbp; .cfi_adjust_cfa_offset 8; .cfi_offset rbp, -16",
    ".cfi_remember_state",
    "test rdi, rdi; jne 2f",
    "pop rbp; .cfi_adjust_cfa_offset -8; .cfi_restore rbp; ret",
    "2: .cfi_restore_state",
    "xor ebp, ebp; call rdi; pop rbp; .cfi_adjust_cfa_offset -8; .cfi_restore rbp; ret",
    ".cfi_endproc",
    // The end by rbp, with rsp wherever it is.
    "call_below_rbp: .cfi_startproc",
    "push rbp; .cfi_def_cfa_offset 16; .cfi_offset rbp, -16; mov rbp, rsp; .cfi_def_cfa_register rbp",
    "sub rsp, 4096; and rsp, -512; call rdi; leave; .cfi_def_cfa rsp, 8; ret",
    ".cfi_endproc",
    // rbp farther below the end than a rule can say.
    "call_with_far_rbp: .cfi_startproc",
    "sub rsp, 504; .cfi_def_cfa_offset 512; mov [rsp], rbp; .cfi_offset rbp, -512",
    "mov ebp, 1; call rdi; mov rbp, [rsp]; .cfi_restore rbp; add rsp, 504; .cfi_def_cfa_offset 8; ret",
    ".cfi_endproc",
    // The end by rbx.
    "call_below_rbx: .cfi_startproc",
    "push rbx; .cfi_def_cfa_offset 16; .cfi_offset rbx, -16; mov rbx, rsp; .cfi_def_cfa_register rbx",
    "and rsp, -64; call rdi; mov rsp, rbx; .cfi_def_cfa_register rsp; pop rbx; .cfi_def_cfa_offset 8; ret",
    ".cfi_endproc",
    // The end by an expression: rsp + 16.
    "call_by_expression: .cfi_startproc",
    "push rax; .cfi_escape 0x0f, 2, 0x77, 16; call rdi; pop rax; .cfi_def_cfa rsp, 8; ret",
    ".cfi_endproc",
    // Nothing in the tables: both walks end here.
    "call_untold: push rax; call rdi; pop rax; ret",
);

#[repr(C, align(16))]
struct Context {
    flags: u64,
    link: *mut Context,
    stack: *mut u8,
    stack_flags: u64,
    stack_bytes: usize,
    rest: [u8; 1024],
}

impl Context {
    const EMPTY: Context = Context {
        flags: 0,
        link: std::ptr::null_mut(),
        stack: std::ptr::null_mut(),
        stack_flags: 0,
        stack_bytes: 0,
        rest: [0; 1024],
    };
}

static mut OUTSIDE: Context = Context::EMPTY;
static mut INSIDE: Context = Context::EMPTY;

#[inline(never)]
extern "C" fn allocate() {
    let mut all = vec![black_box(1u8)];
    all.reserve(100);
    black_box(all);
}

extern "C" fn handler(_: i32) {
    allocate();
}

extern "C" fn by_value(one: *const u32, other: *const u32) -> i32 {
    allocate();
    unsafe { (*one).cmp(&*other) as i32 }
}

extern "C" fn in_context() {
    allocate();
    unsafe { swapcontext(&raw mut INSIDE, &raw const OUTSIDE) };
}

#[repr(align(256))]
struct Aligned([u8; 256]);

#[inline(never)]
fn aligned(depth: u32) {
    let mut local = Aligned([depth as u8; 256]);
    black_box(&mut local);
    if depth > 0 {
        aligned(depth - 1);
    }
    allocate();
    black_box(&mut local);
}

#[inline(never)]
fn large<const BYTES: usize>() {
    let mut local = [1u8; BYTES];
    black_box(&mut local);
    allocate();
    black_box(&mut local);
}

#[inline(never)]
fn odd(depth: u32) {
    if depth % 97 == 0 {
        allocate();
    }
    if depth > 0 {
        even(depth - 1);
    }
    black_box(depth);
}

#[inline(never)]
fn even(depth: u32) {
    let local = black_box([depth; 3]);
    if depth > 0 {
        odd(depth - 1);
    }
    black_box(local);
}

#[inline(never)]
fn quiet(depth: u32) {
    let mut local = Aligned([depth as u8; 256]);
    black_box(&mut local);
    if depth > 0 {
        quiet(depth - 1);
    }
    black_box(depth);
}

struct Last(u8);

impl Drop for Last {
    fn drop(&mut self) {
        allocate();
        black_box(self.0);
    }
}

thread_local! {
    static LAST: Last = const { Last(1) };
}

#[inline(never)]
fn panics(depth: u32) {
    let _dropped = (Last(2), Box::new(depth));
    if depth == 0 {
        panic!("{}", depth);
    }
    panics(depth - 1);
    black_box(depth);
}

fn plugin(path: &str) {
    unsafe {
        let library = dlopen(format!("{path}\0").as_ptr(), 2);
        assert!(!library.is_null(), "{path}");
        let call_back = dlsym(library, c"call_back".as_ptr().cast());
        let call_back: extern "C" fn(extern "C" fn()) = std::mem::transmute(call_back);
        println!("{call_back:p}");
        call_back(allocate);
        dlclose(library);
    }
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let threads = || std::thread::Builder::new().stack_size(256 << 20);
    match &*arguments[1] {
        "plain" => allocate(),
        "thread" => {
            std::thread::spawn(|| allocate()).join().unwrap();
            std::thread::scope(|scope| {
                scope
                    .spawn(|| (1..50).map(|n| Box::new(n)).count())
                    .join()
                    .unwrap()
            });
        }
        "tls_destructor" => std::thread::spawn(|| LAST.with(|last| black_box(last.0)))
            .join()
            .map(drop)
            .unwrap(),
        "atexit" => drop(unsafe { atexit(allocate) }),
        "qsort" => unsafe { qsort([5, 3, 9, 1].as_mut_ptr(), 4, 4, by_value) },
        "recursion" => threads().spawn(|| odd(3000)).unwrap().join().unwrap(),
        "aligned" => aligned(3),
        "large" => threads()
            .spawn(large::<100_000_000>)
            .unwrap()
            .join()
            .unwrap(),
        "panic" => drop(std::panic::catch_unwind(|| panics(5))),
        "panic_in_thread" => drop(std::thread::spawn(|| panics(2)).join()),
        "dyn" => {
            let all: Vec<Box<dyn Fn(u32) -> String>> =
                vec![Box::new(|n| format!("{n}")), Box::new(|n| n.to_string())];
            all.iter().for_each(|one| drop(black_box(one(7))));
        }
        "context" => unsafe {
            let mut stack = vec![0u8; 1 << 16];
            getcontext(&raw mut INSIDE);
            INSIDE.stack = stack.as_mut_ptr();
            INSIDE.stack_bytes = stack.len();
            makecontext(&raw mut INSIDE, in_context, 0);
            swapcontext(&raw mut OUTSIDE, &raw const INSIDE);
        },
        "remembering" => unsafe { call_remembering(allocate) },
        "below_rbp" => unsafe { call_below_rbp(allocate) },
        "far_rbp" => unsafe { call_with_far_rbp(allocate) },
        "below_rbx" => unsafe { call_below_rbx(allocate) },
        "expression" => unsafe { call_by_expression(allocate) },
        "untold" => unsafe { call_untold(allocate) },
        "signal" => unsafe {
            signal(10, handler);
            raise(10);
        },
        "storm" => unsafe {
            // The handler allocates wherever it comes, but in the allocator: nothing else calls that meanwhile.
            signal(14, handler);
            setitimer(0, &[0, 100, 0, 100], std::ptr::null_mut());
            (0..2_000_000).for_each(|_| quiet(3));
            setitimer(0, &[0; 4], std::ptr::null_mut());
        },
        "plugins" => {
            plugin(&arguments[2]);
            plugin(&arguments[3]);
        }
        other => panic!("{other}"),
    }
}
