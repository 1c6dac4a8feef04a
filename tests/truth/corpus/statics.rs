// Lazily initialised statics: a OnceLock, a LazyLock and a Mutex with a vector.
use std::sync::{LazyLock, Mutex, OnceLock};

static NAME: OnceLock<String> = OnceLock::new();
static TABLE: LazyLock<Vec<u32>> = LazyLock::new(|| (0..16).map(|n| n * n).collect());
static LOG: Mutex<Vec<String>> = Mutex::new(Vec::new());

fn main() {
    let name = NAME.get_or_init(|| String::from("static"));
    assert_eq!(NAME.get_or_init(|| unreachable!()), name);
    for n in [2, 3] {
        LOG.lock().unwrap().push(format!("{name} {}", TABLE[n]));
    }
    assert_eq!(LOG.lock().unwrap().len(), 2);
}
