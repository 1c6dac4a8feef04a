// What the operating system is asked through std: a missing file, paths, arguments, an environment variable.
use std::path::PathBuf;

fn main() {
    let mut path = PathBuf::from("/nowhere");
    path.push("at");
    path.push("all.txt");
    let error = std::fs::read_to_string(&path).unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
    assert_eq!(path.display().to_string(), "/nowhere/at/all.txt");
    assert_eq!(std::env::args().count(), 1);
    assert!(std::env::var("HEAPLEDGER_NO_SUCH").is_err());
}
