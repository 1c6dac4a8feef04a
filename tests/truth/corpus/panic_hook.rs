// A hook of one's own keeps the message; resume_unwind passes a payload on.
use std::panic;
use std::sync::Mutex;

static LAST: Mutex<String> = Mutex::new(String::new());

fn main() {
    panic::set_hook(Box::new(|info| {
        *LAST.lock().unwrap() = info.to_string();
    }));
    let first = panic::catch_unwind(|| panic!("seen by the hook")).unwrap_err();
    let second = panic::catch_unwind(panic::AssertUnwindSafe(|| panic::resume_unwind(first))).unwrap_err();
    assert_eq!(*second.downcast::<&str>().unwrap(), "seen by the hook");
    assert!(LAST.lock().unwrap().ends_with("seen by the hook"));
}
