fn down(n: u8, text: String) -> usize {
    if n == 0 {
        //@ memory
        return text.len();
    }
    let longer = format!("{text}{n}");
    down(n - 1, longer)
}
println!("{}", down(3, String::from("t")));
//= functions down down down down main
