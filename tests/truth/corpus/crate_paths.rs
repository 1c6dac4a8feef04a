// crate:: paths, modules, a macro by path, file!, line! and module_path! in what is formatted.
mod shapes {
    pub mod round {
        #[derive(Debug, Default, Clone)]
        pub struct Circle {
            pub name: String,
        }

        pub fn named(name: &str) -> Circle {
            crate::count();
            Circle { name: name.to_owned() }
        }
    }

    pub use self::round::Circle;
}

use std::sync::atomic::{AtomicUsize, Ordering};

static COUNT: AtomicUsize = AtomicUsize::new(0);

fn count() {
    COUNT.fetch_add(1, Ordering::Relaxed);
}

macro_rules! here {
    () => {
        format!("{}:{} {}", file!(), line!(), module_path!())
    };
}

fn main() {
    let circle: crate::shapes::Circle = crate::shapes::round::named("unit");
    let copy = circle.clone();
    let place = here!();
    println!("{place} {copy:?} {}", std::any::type_name::<shapes::Circle>());
    assert_eq!(COUNT.load(Ordering::Relaxed), 1);
}
