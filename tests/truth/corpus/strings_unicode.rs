// Identifiers and strings beyond ASCII; char_indices and reversing by chars.
fn größe(wörter: &[&str]) -> usize {
    wörter.iter().map(|wort| wort.chars().count()).sum()
}

fn main() {
    let été = String::from("été à la plage 🏖");
    let umgekehrt: String = été.chars().rev().collect();
    let 名前 = format!("{}・{}", "さくら", umgekehrt);
    let лишнее = 名前.replace('é', "ee");
    assert_eq!(größe(&["äöü", "ß"]), 4);
    println!("{} {}", лишнее, 名前.len());
}
