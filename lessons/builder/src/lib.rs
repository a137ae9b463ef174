//! Builds the lessons with mdBook, and checks what mdBook leaves unchecked.
//!
//! Start at [`check::check`]; the rest in the order in which a page passes through it:
//!
//! - [`summary`]: which pages the book has, and which are announced but not written (mdBook's draft chapters)
//! - [`include`]: a page with everything that it includes, each line with the file it comes from
//! - [`page`]: the anchors that a page offers, and the links and pictures that it asks for
//! - [`course`]: `course.toml` and the book name the same chapters and exercises
//! - [`check`]: all of it together
//! - [`build`]: mdBook itself, with its warnings caught
//!
//! The check reads the source and not the HTML. A message can then name the file and the line somebody has to edit,
//! even where a page is put together from ten files, and the unit tests need no theme, no renderer and no second.

pub mod build;
pub mod check;
pub mod course;
pub mod include;
pub mod page;
pub mod summary;

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a line of a page was written.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// The file, as the book's source was named on the command line.
    pub file: PathBuf,
    /// Counted from 1; 0 when the whole file is meant.
    pub line: usize,
}

impl Place {
    /// A file as a whole.
    pub fn file(file: &Path) -> Self {
        Self { file: file.to_path_buf(), line: 0 }
    }
}

/// Something that a reader of the book would stumble over.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where to mend it.
    pub place: Place,
    /// What is wrong, and what to do about it.
    pub message: String,
}

impl Problem {
    /// A problem at `place`.
    pub fn new(place: Place, message: impl Into<String>) -> Self {
        Self { place, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let file = self.place.file.display();
        match self.place.line {
            0 => write!(f, "{file}: {}", self.message),
            line => write!(f, "{file}:{line}: {}", self.message),
        }
    }
}
