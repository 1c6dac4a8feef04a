let boxes: Vec<Box<dyn Fn(i32) -> i32>> = vec![Box::new(|x| x + 1), Box::new(|x| x * 2)];
let table: [Option<Box<u8>>; 3] = [Some(Box::new(1)), None, Some(Box::new(3))];
//@ memory
fact!(table, value = table);
fact!(boxes, len = boxes.len(), cap = boxes.capacity());
println!("{}", boxes[0](1) + boxes[1](2));
