// Collecting Results stops at the first error and frees what was collected.
fn main() {
    let good: Result<Vec<i32>, _> = "1 2 3 4 5".split(' ').map(str::parse).collect();
    let bad: Result<Vec<i32>, _> = "1 2 x 4".split(' ').map(str::parse).collect();
    let (even, odd): (Vec<i32>, Vec<i32>) = good.unwrap().into_iter().partition(|n| n % 2 == 0);
    assert!(bad.is_err());
    let pairs: Vec<(i32, char)> = even.iter().copied().zip("ab".chars()).collect();
    let (numbers, letters): (Vec<i32>, String) = pairs.into_iter().unzip();
    assert_eq!(numbers.len() + letters.len() + odd.len(), 7);
}
