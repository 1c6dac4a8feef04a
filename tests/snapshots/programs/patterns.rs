struct P { x: i32, y: Option<String> }
let p = P { x: 1, y: Some(String::from("why")) };
let P { x, y: inner } = p;
if let Some(text) = &inner {
    let (a, mut b) = (x + 1, x + 2);
    b += 1;
    //@ memory
    fact!(x, value = x); fact!(a, value = a); fact!(b, value = b); fact!(text, value = text); fact!(inner, value = inner);
}
