//! What the tests of this crate share.

use std::fs;
use std::path::PathBuf;

use xtask::course::Course;

/// A course of three exercises in two chapters.
const COURSE: &str = r#"
title = "A small course"
budget = { schedule_ms = 1000, exercise_ms = 5000, memory_mib = 100, output_kib = 100 }

[[chapter]]
id = "ch01"
title = "One"
dir = "ch01-one"

[[chapter.exercise]]
id = "first"
title = "The first"
hints = ["a", "b", "c"]
checks = [{ name = "it_works", points = 3 }]

[[chapter.exercise]]
id = "second"
title = "The second"
hints = ["a", "b", "c"]
checks = [{ name = "it_starts", points = 1 }, { name = "it_goes_on", points = 2 }, { name = "it_ends", points = 5 }]

[[chapter]]
id = "ch02"
title = "Two"
dir = "ch02-two"

[[chapter.exercise]]
id = "third"
title = "The third"
hints = ["a", "b", "c"]
checks = [{ name = "it_is_done", points = 2 }]

[[chapter]]
id = "ch03"
title = "Not written yet"
dir = "ch03-three"
"#;

/// The course of these tests.
pub(crate) fn course() -> Course {
    let scratch = Scratch::new("course");
    scratch.write("course.toml", COURSE);
    Course::load(&scratch.0).expect("the course of the tests is one")
}

/// A folder of its own for a test, removed at the end.
pub(crate) struct Scratch(pub PathBuf);

impl Scratch {
    pub(crate) fn new(name: &str) -> Self {
        use std::sync::atomic::{AtomicU64, Ordering};
        static MADE: AtomicU64 = AtomicU64::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("faultlines-class-{}-{number}-{name}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).expect("the temporary folder can be written");
        Scratch(path)
    }

    /// Writes a file, and the folders above it.
    pub(crate) fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("it is in the folder")).expect("the temporary folder can be written");
        fs::write(path, content).expect("the temporary folder can be written");
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Makes a named pipe, which nobody will ever write to.
#[cfg(unix)]
pub(crate) fn fifo(path: &std::path::Path) {
    let made = std::process::Command::new("mkfifo").arg(path).status().expect("mkfifo is on every Unix");
    assert!(made.success());
}
