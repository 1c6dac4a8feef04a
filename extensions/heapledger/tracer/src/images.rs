//! The images of a program that are never unloaded.

use std::ffi::c_void;

use crate::{cfi, sys};

const IMAGES: usize = 4;
const LOADED: u32 = 1;

/// The first fields of what `dl_iterate_phdr` tells of an image.
#[repr(C)]
struct Image {
    base: usize,
    name: *const u8,
    table: *const Segment,
    segments: u16,
}

/// A part of an image, as its program headers have it.
#[repr(C)]
struct Segment {
    kind: u32,
    flags: u32,
    offset: u64,
    address: u64,
    physical: u64,
    stored: u64,
    size: u64,
    align: u64,
}

extern "C" {
    fn dl_iterate_phdr(
        visit: extern "C" fn(*mut Image, usize, *mut c_void) -> i32,
        state: *mut c_void,
    ) -> i32;
    fn pthread_create(
        thread: *mut c_void,
        attributes: *const c_void,
        start: extern "C" fn(*mut c_void) -> *mut c_void,
        argument: *mut c_void,
    ) -> i32;
}

/// First address and the address after the last one, of each image; 0 and 0 where there is none.
#[repr(C)]
pub struct Images([(usize, usize); IMAGES]);

impl Images {
    /// Find them: the executable, and what it needs to run at all. Memory that is all zeros is an `Images` without any.
    pub fn find(&mut self) {
        // SAFETY: the call back is given what is passed here, before this returns.
        unsafe { dl_iterate_phdr(visit, self as *mut Images as *mut c_void) };
    }

    /// Whether an address lies in one.
    pub fn hold(&self, address: usize) -> bool {
        self.0
            .iter()
            .any(|(first, end)| (*first..*end).contains(&address))
    }
}

/// One address in each: the executable, libc, libgcc, and libpthread where it is not a part of libc.
fn anchors() -> [usize; IMAGES] {
    [
        unsafe { sys::getauxval(sys::AT_PHDR) as usize },
        sys::getpid as *const () as usize,
        cfi::libgcc(),
        pthread_create as *const () as usize,
    ]
}

extern "C" fn visit(image: *mut Image, _size: usize, state: *mut c_void) -> i32 {
    // SAFETY: both were given by `find` and by libc.
    let (image, images) = unsafe { (&*image, &mut *(state as *mut Images)) };
    let (mut first, mut end) = (usize::MAX, 0);
    for index in 0..usize::from(image.segments) {
        let segment = unsafe { &*image.table.add(index) };
        if segment.kind == LOADED {
            let start = image.base.wrapping_add(segment.address as usize);
            first = first.min(start);
            end = end.max(start.wrapping_add(segment.size as usize));
        }
    }
    for (slot, anchor) in images.0.iter_mut().zip(anchors()) {
        if (first..end).contains(&anchor) {
            *slot = (first, end);
        }
    }
    0
}
