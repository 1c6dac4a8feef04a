// Arc of slices and strings; ptr_eq; into the inner value.
use std::sync::Arc;

fn main() {
    let name: Arc<str> = "counted".into();
    let again = Arc::clone(&name);
    assert!(Arc::ptr_eq(&name, &again));
    let numbers: Arc<[u64]> = (0..5).collect();
    let collected: Arc<[u64]> = numbers.iter().copied().filter(|n| n % 2 == 0).collect();
    assert_eq!(collected.len(), 3);
    let alone = Arc::new(vec![name.len()]);
    assert_eq!(Arc::try_unwrap(alone).unwrap(), [7]);
}
