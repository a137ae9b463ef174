//! Exercises from elsewhere, compiled into one program: another folder, mutants, variants.
//!
//! The package `guest` compiles whatever a list names, so a submission needs no manifest and brings none, and a hundred
//! mutants cost one build. The list and whatever is generated lie in the target folder.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::compile::{self, Settled, Unit};
use crate::meter::Meter;
use crate::{Context, Failure};

/// The environment variable that names the list.
const LIST_ENV: &str = "FAULTLINES_GUESTS";

/// A file that implements an exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Guest {
    /// A Rust identifier, unique in its list; the grading program knows the exercise by it.
    pub name: String,
    /// `ch01`.
    pub chapter: String,
    /// `flaky_rpc`.
    pub exercise: String,
    /// Absolute.
    pub file: PathBuf,
}

/// Compiles `guests` into one program; those that do not compile are left out. `list` names the list, so that different
/// uses do not overwrite each other's.
///
/// # Errors
/// If the list can't be written, or the course itself does not compile.
pub fn build(context: &Context, meter: &Meter, list: &str, guests: Vec<Guest>) -> Result<Settled, Failure> {
    let path = context.scratch().join(format!("{list}.guests"));
    let unit = |guest: &Guest| Unit {
        name: guest.name.clone(),
        file: guest.file.clone(),
        folder: guest.file.with_extension(""),
    };
    let units = guests.iter().map(unit).collect();
    compile::settle(&context.root, units, |units| {
        let is_invited = |guest: &&Guest| units.iter().any(|unit| unit.name == guest.name);
        let invited: Vec<&Guest> = guests.iter().filter(is_invited).collect();
        let lines: String = invited.iter().map(|guest| guest.line()).collect();
        write_if_changed(&path, &lines).map_err(|error| cannot_write(&path, &error))?;
        let chapters: BTreeSet<&str> = invited.iter().map(|guest| guest.chapter.as_str()).collect();
        let chapters = Vec::from_iter(chapters).join(",");
        let args = ["build", "-p", "guest", "--features", &chapters].map(str::to_owned);
        compile::cargo(context, meter, "guest", &args, &[(LIST_ENV, OsString::from(&path))])
    })
}

impl Guest {
    fn line(&self) -> String {
        format!("{}\t{}\t{}\t{}\n", self.name, self.chapter, self.exercise, self.file.display())
    }
}

/// Writes a file, or leaves it as it is if it says so already: cargo goes by the date.
///
/// # Errors
/// If the file or its folder can't be written.
pub fn write_if_changed(path: &Path, text: &str) -> io::Result<()> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    path.parent().map_or(Ok(()), fs::create_dir_all)?;
    fs::write(path, text)
}

/// For a file in the target folder.
pub fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::new(format!(
        "{} can't be written: {error}.\n\nThe build folder must be writable and the disk not full; CARGO_TARGET_DIR \
         names another folder.",
        path.display()
    ))
}
