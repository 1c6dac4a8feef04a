let array = [10u32, 20, 30, 40];
let whole = &array[..];
let part = &array[1..3];
let vec = vec![1u8, 2, 3, 4, 5];
let tail = &vec[2..];
let none: &[u64] = &[];
//@ memory
fact!(array, value = array);
fact!(whole, value = whole, length = whole.len(), to = whole.as_ptr());
fact!(part, value = part, length = part.len(), to = part.as_ptr());
fact!(vec, value = vec, len = vec.len(), cap = vec.capacity(), to = vec.as_ptr());
fact!(tail, value = tail, length = tail.len(), to = tail.as_ptr());
fact!(none, value = none, length = none.len());
