// Types whose layouts are compared with what a program prints.
use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BinaryHeap, HashMap, HashSet, LinkedList, VecDeque};
use std::num::{NonZeroU8, NonZeroU32, NonZeroU64};
use std::rc::Rc;
use std::sync::{Arc, Mutex, RwLock};

struct Empty;
struct One(u8);
struct Header { len: u64, kind: u32, flags: u16 }
struct Mixed { a: u8, b: u32, c: u8 }
#[repr(C)] struct InOrder { a: u8, b: u32, c: u8 }
#[repr(C, packed)] struct Packed { a: u8, b: u32 }
#[repr(C, packed(2))] struct PackedTwo { a: u8, b: u64 }
#[repr(align(64))] struct Line(u8);
#[repr(transparent)] struct Meters(f64);
struct Pair<A, B> { first: A, second: B }
struct Borrows<'a> { text: &'a str, at: usize }
struct WithText { name: String, id: u32, on: bool }
struct Nested { head: Header, tail: Mixed }
struct Many { a: bool, b: u16, c: bool, d: u64, e: u8, f: char }
struct Generic<T, const N: usize> { items: [T; N], len: u8 }
#[repr(C)] union Bits { number: f32, bytes: [u8; 4], half: u16 }
enum Never {}
enum Single { Only(u32) }
enum Plain { A, B, C }
#[repr(u32)] enum Wide { A = 7, B = 300 }
#[repr(i8)] enum Signed { Minus = -5, Zero = 0 }
enum Shape { Circle(f32), Square { side: f64, name: u8 }, Nothing }
enum Word { Owned(String), Letter, Digit }
enum Data { Text(String), Byte(u8), Number(u32), Nothing }
enum Ladder { X, Y(i32), Z(i32, [u8; 100]) }
enum Boxed { X, Y(i32), Z(Box<(i32, [u8; 100])>) }
enum List { Empty, More(Box<(i32, List)>) }
#[repr(C)] enum Ffi { A(u8), B(u64) }
#[repr(u8)] enum Tagged { A(u16), B }
enum Json { Null, Bool(bool), Number(f64), Text(String), List(Vec<Json>), Map(BTreeMap<String, Json>) }
trait Speak { fn speak(&self) {} }
