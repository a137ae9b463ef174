//! `cargo run -p book`: builds the lessons into `lessons/book`.
//!
//! With `--check` the book is built into a folder that is thrown away, and any problem is an error: exit status 1.
//! Without it the problems are shown and the book is left to look at, which is what one wants while writing.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs, process};

use book::{build, check};

const USAGE: &str = "usage: book [--check] [--root FOLDER]

Builds the lessons into FOLDER/book, and tells what is wrong with them.

  --check        fail if anything is wrong, and leave no book behind
  --root FOLDER  the folder with book.toml (default: the lessons of this checkout)";

struct Arguments {
    check: bool,
    root: PathBuf,
}

fn main() -> ExitCode {
    let Some(arguments) = arguments(env::args().skip(1)) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let mut problems = check::check(&arguments.root);
    problems.append(&mut built(&arguments));
    for problem in &problems {
        eprintln!("{problem}");
    }
    match (problems.len(), arguments.check) {
        (0, true) => println!("the book is whole"),
        (0, false) => println!("built {}", arguments.root.join("book/index.html").display()),
        (found, _) => eprintln!("the book has {found} problem{}", if found == 1 { "" } else { "s" }),
    }
    ExitCode::from(u8::from(arguments.check && !problems.is_empty()))
}

fn arguments(mut given: impl Iterator<Item = String>) -> Option<Arguments> {
    let lessons = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let mut arguments = Arguments { check: false, root: lessons.to_path_buf() };
    while let Some(argument) = given.next() {
        match argument.as_str() {
            "--check" => arguments.check = true,
            "--root" => arguments.root = PathBuf::from(given.next()?),
            _ => return None,
        }
    }
    Some(arguments)
}

fn built(arguments: &Arguments) -> Vec<book::Problem> {
    if !arguments.check {
        return build::build(&arguments.root, None);
    }
    let scratch = env::temp_dir().join(format!("faultlines-book-{}", process::id()));
    let problems = build::build(&arguments.root, Some(scratch.clone()));
    // Left behind, it costs disk space and nothing else; the operating system clears that folder.
    let _ = fs::remove_dir_all(&scratch);
    problems
}
