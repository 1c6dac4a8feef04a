//! Reading the unwind tables: what compilers emit for x86-64, and no more.
//!
//! The tables can say much else: expressions, signal frames, other registers. All of that is answered with `None`, and
//! libgcc walks. What is read here is read as libgcc reads it, so that both walks find the same frames.

use std::ffi::c_void;

/// DWARF's numbers of the registers that matter.
pub const RBP: u64 = 6;
pub const RSP: u64 = 7;
const RETURN: u64 = 16;
/// Code alignment 1, data alignment -8, return address in column 16: the same in all tables of x86-64.
const FACTORS: [u8; 3] = [1, 0x78, RETURN as u8];
/// Deepest nesting of remembered rows; compilers nest once.
const REMEMBERED: usize = 4;

/// What libgcc tells beside an entry; `function` is where its program counts from.
#[repr(C)]
struct Bases {
    text: usize,
    data: usize,
    function: usize,
}

extern "C" {
    fn _Unwind_Find_FDE(pc: *const c_void, bases: *mut Bases) -> *const u8;
}

/// Address of a function of libgcc.
pub fn libgcc() -> usize {
    _Unwind_Find_FDE as *const () as usize
}

/// Where the caller's value of a register is.
#[derive(Clone, Copy, PartialEq)]
pub enum Kept {
    /// In the register.
    Same,
    /// So many words below the frame's end.
    Below(u64),
    /// Nowhere.
    Lost,
}

/// How to leave a frame: its end is a register plus an offset.
#[derive(Clone, Copy)]
pub struct Row {
    pub register: u64,
    pub offset: u64,
    pub rbp: Kept,
    pub back: Kept,
}

/// The row for the instruction at an address, where the tables have one of the plain kind.
pub fn row_at(pc: usize) -> Option<Row> {
    let mut bases = Bases {
        text: 0,
        data: 0,
        function: 0,
    };
    // SAFETY: the entry that libgcc finds is one of a loaded image, and so is the one it refers to.
    unsafe {
        let entry = _Unwind_Find_FDE(pc as *const c_void, &mut bases);
        if entry.is_null() {
            return None;
        }
        let mut own = Reader::of(entry)?;
        let common = Common::read(entry.add(4).wrapping_sub(own.number(4)? as usize))?;
        own.take(2 * common.pointer)?;
        if common.sized {
            let length = own.leb()?;
            own.take(length as usize)?;
        }
        let mut table = Table {
            row: Row {
                register: u64::MAX,
                offset: 0,
                rbp: Kept::Same,
                back: Kept::Same,
            },
            remembered: [None; REMEMBERED],
            location: bases.function,
        };
        table.run(common.program, pc)?;
        table.run(own, pc)?;
        Some(table.row)
    }
}

/// What many entries have in common.
struct Common {
    program: Reader,
    /// Bytes of an address in the entries.
    pointer: usize,
    /// Whether the entries say how much stands before their program.
    sized: bool,
}

impl Common {
    unsafe fn read(at: *const u8) -> Option<Common> {
        let mut program = Reader::of(at)?;
        if program.number(4)? != 0 || !matches!(program.number(1)?, 1 | 3) {
            return None;
        }
        let mut letters = program;
        while program.number(1)? != 0 {}
        if program.take(FACTORS.len())? != FACTORS {
            return None;
        }
        let mut pointer = 8;
        let first = letters.number(1)?;
        let sized = first == u64::from(b'z');
        if sized {
            let length = program.leb()?;
            let mut more = Reader::over(program.take(length as usize)?);
            loop {
                match letters.number(1)? as u8 {
                    0 => break,
                    b'R' => pointer = size_of(more.number(1)?)?,
                    b'L' => {
                        more.number(1)?;
                    }
                    b'P' => {
                        let size = size_of(more.number(1)?)?;
                        more.take(size)?;
                    }
                    // 'S' marks the frame of a signal: all registers come back from it.
                    _ => return None,
                }
            }
        } else if first != 0 {
            return None;
        }
        Some(Common {
            program,
            pointer,
            sized,
        })
    }
}

/// Bytes of an address in an encoding.
fn size_of(encoding: u64) -> Option<usize> {
    match encoding & 0x7f {
        0x50 | 0x7f => None,
        other => match other & 7 {
            0 | 4 => Some(8),
            2 => Some(2),
            3 => Some(4),
            _ => None,
        },
    }
}

/// A program of the tables while it runs.
struct Table {
    row: Row,
    remembered: [Option<Row>; REMEMBERED],
    location: usize,
}

impl Table {
    /// Run a program up to an address.
    fn run(&mut self, mut program: Reader, pc: usize) -> Option<()> {
        while program.left > 0 && self.location <= pc {
            let code = program.number(1)?;
            let low = code & 0x3f;
            match (code >> 6, low) {
                (1, _) => self.advance(low),
                (2, _) => self.keep(low, Kept::Below(program.leb()?)),
                (3, _) => self.keep(low, Kept::Same),
                (_, 0x00) => {}
                (_, 0x02) => self.advance(program.number(1)?),
                (_, 0x03) => self.advance(program.number(2)?),
                (_, 0x04) => self.advance(program.number(4)?),
                (_, 0x05) => {
                    let register = program.leb()?;
                    self.keep(register, Kept::Below(program.leb()?));
                }
                (_, 0x06) | (_, 0x08) => self.keep(program.leb()?, Kept::Same),
                (_, 0x07) => self.keep(program.leb()?, Kept::Lost),
                (_, 0x0a) => {
                    let free = self.remembered.iter_mut().find(|row| row.is_none())?;
                    *free = Some(self.row);
                }
                (_, 0x0b) => {
                    let last = self.remembered.iter_mut().rev().find(|row| row.is_some())?;
                    self.row = last.take()?;
                }
                (_, 0x0c) => {
                    self.row.register = program.leb()?;
                    self.row.offset = program.leb()?;
                }
                (_, 0x0d) => self.row.register = program.leb()?,
                (_, 0x0e) => self.row.offset = program.leb()?,
                // The size of arguments on the stack matters only to who lands in the frame.
                (_, 0x2e) => {
                    program.leb()?;
                }
                _ => return None,
            }
        }
        Some(())
    }

    fn advance(&mut self, bytes: u64) {
        self.location = self.location.wrapping_add(bytes as usize);
    }

    fn keep(&mut self, register: u64, kept: Kept) {
        match register {
            RBP => self.row.rbp = kept,
            RETURN => self.row.back = kept,
            // No frame's end is found by another register, else the row is not a plain one.
            _ => {}
        }
    }
}

/// Bytes yet to be read.
#[derive(Clone, Copy)]
struct Reader {
    at: *const u8,
    left: usize,
}

impl Reader {
    /// The bytes of an entry, after its length.
    unsafe fn of(entry: *const u8) -> Option<Reader> {
        let mut length = Reader { at: entry, left: 4 };
        match length.number(4)? {
            0xffff_ffff => None,
            left => Some(Reader {
                at: length.at,
                left: left as usize,
            }),
        }
    }

    fn over(bytes: &[u8]) -> Reader {
        Reader {
            at: bytes.as_ptr(),
            left: bytes.len(),
        }
    }

    fn take(&mut self, bytes: usize) -> Option<&'static [u8]> {
        if bytes > self.left {
            return None;
        }
        // SAFETY: so many bytes are left, in the tables of an image that stays loaded while a walk is in it.
        let taken = unsafe { std::slice::from_raw_parts(self.at, bytes) };
        self.at = self.at.wrapping_add(bytes);
        self.left -= bytes;
        Some(taken)
    }

    /// A number of so many bytes.
    fn number(&mut self, bytes: usize) -> Option<u64> {
        let taken = self.take(bytes)?;
        Some(
            taken
                .iter()
                .rev()
                .fold(0, |number, byte| number << 8 | u64::from(*byte)),
        )
    }

    /// A number in as many bytes as it needs.
    fn leb(&mut self) -> Option<u64> {
        let mut number = 0;
        for shift in (0..63).step_by(7) {
            let byte = self.number(1)?;
            number |= (byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }
}
