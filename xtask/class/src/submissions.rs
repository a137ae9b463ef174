//! The submissions of a class: folders and archives that anybody may have filled with anything.
//!
//! Of a submission nothing is used but the text of the source files that were set, found by their names and read into
//! memory; nothing is unpacked, nothing is written, no link is followed. Whatever is wrong with a submission is a
//! [`Refusal`] that stands in its own result: one student's archive never stops the grading of another's.
//!
//! [`entries`] lists what there is without reading it, so that a share of a class reads only its share; [`find`] reads all.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use xtask::course::Course;
use xtask::{Failure, printed};

use crate::archive;
use crate::assignment::Assignment;
use crate::digest::Digest;
use crate::disk::Folder;

use gather::{Gatherer, Wanted};

mod choose;
pub(crate) mod gather;
mod list;
mod names;
mod walk;

pub use list::{Listing, entries, one};

/// How much of a submission is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The size of a source file.
    pub source_bytes: u64,
    /// The size of an archive.
    pub archive_bytes: u64,
    /// What is unpacked of an archive, and the size of all files of a submission that have a name that is looked for.
    pub unpacked_bytes: u64,
    /// The number of files, folders and whatever else.
    pub entries: usize,
    /// How deep folders are nested.
    pub depth: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Limits { source_bytes: 256 << 10, archive_bytes: 16 << 20, unpacked_bytes: 64 << 20, entries: 4000, depth: 16 }
    }
}

/// A submission, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Unlike that of every other submission, also where capitals make no difference; without anything that could move a
    /// cursor or hide other letters. Not a file name.
    pub name: String,
    /// By exercise, the sources or why there is none to be had. Exercises that are missing in the submission are missing
    /// here.
    pub sources: BTreeMap<String, Result<Source, Refusal>>,
    /// What was noticed, for the instructor.
    pub notes: Vec<String>,
}

/// The source of an exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Where it is in the submission, fit to be shown. Not to be opened.
    pub path: String,
    /// What is in it.
    pub text: String,
}

/// Why something is not graded, in words for the one who handed it in: what is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// In one or two sentences.
    pub reason: String,
}

impl Refusal {
    pub(crate) fn new(reason: impl Into<String>) -> Refusal {
        Refusal { reason: reason.into() }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.reason)
    }
}

impl std::error::Error for Refusal {}

impl Submission {
    /// Changes with everything that may change its result: sources, where they were found, refusals, notes. Not with its
    /// name. The same on every machine.
    pub fn fingerprint(&self) -> String {
        let mut digest = Digest::new("faultlines submission 1");
        for (exercise, source) in &self.sources {
            digest.add(exercise.as_bytes());
            match source {
                Ok(source) => {
                    digest.add(b"source");
                    digest.add(source.path.as_bytes());
                    digest.add(source.text.as_bytes());
                }
                Err(refusal) => {
                    digest.add(b"refusal");
                    digest.add(refusal.reason.as_bytes());
                }
            }
        }
        digest.add(b"notes");
        self.notes.iter().for_each(|note| digest.add(note.as_bytes()));
        digest.finish()
    }
}

/// Where a submission is.
#[derive(Clone, Debug)]
pub struct Entry {
    /// See [`Submission::name`].
    pub name: String,
    place: Place,
    notes: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// The folder that the user named.
    Itself(PathBuf),
    /// A folder in it.
    Folder(PathBuf, OsString),
    /// An archive in it.
    Archive(PathBuf, OsString),
    /// Nothing that is read.
    Refused(Refusal),
}

impl Entry {
    /// Reads the sources of the exercises that were set. Never fails: what can't be read is refused.
    pub fn read(&self, course: &Course, assignment: &Assignment, limits: &Limits) -> Submission {
        let wanted = Wanted::set(course, assignment);
        let mut gatherer = Gatherer::new(&wanted, limits);
        let gathered = self.place.gather(&mut gatherer);
        let mut notes = self.notes.clone();
        let mut sources = BTreeMap::new();
        match gathered {
            Ok(()) => {
                for set in &assignment.exercises {
                    let chapter = course.exercise(&set.id).map_or("", |(chapter, _)| chapter.dir.as_str());
                    if let Some(source) = choose::choose(&gatherer, &set.id, chapter) {
                        sources.insert(set.id.clone(), source);
                    }
                }
                notes.extend(gatherer.finish(&sources));
            }
            Err(refusal) => {
                notes.push(format!("Refused as a whole: {refusal}"));
                sources.extend(assignment.exercises.iter().map(|set| (set.id.clone(), Err(refusal.clone()))));
            }
        }
        Submission { name: self.name.clone(), sources, notes }
    }
}

impl Place {
    fn gather(&self, gatherer: &mut Gatherer<'_>) -> Result<(), Refusal> {
        let refused = |error: std::io::Error| Refusal::new(format!("It can't be read: {error}."));
        match self {
            Place::Itself(path) => walk::gather(&Folder::open(path).map_err(refused)?, gatherer),
            Place::Folder(home, name) => {
                let folder = Folder::open(home).and_then(|home| home.folder(name)).map_err(refused)?;
                match walk::lone_archive(&folder, gatherer.limits) {
                    Some(archive) => unpack(&folder, &archive, gatherer),
                    None => walk::gather(&folder, gatherer),
                }
            }
            Place::Archive(home, name) => unpack(&Folder::open(home).map_err(refused)?, name, gatherer),
            Place::Refused(refusal) => Err(refusal.clone()),
        }
    }
}

fn unpack(folder: &Folder, name: &OsString, gatherer: &mut Gatherer<'_>) -> Result<(), Refusal> {
    let bytes = folder
        .read(name, gatherer.limits.archive_bytes)
        .map_err(|reason| Refusal::new(format!("{} {reason}", shown(&name.to_string_lossy()))))?;
    archive::gather(&bytes, gatherer)
}

/// Reads every submission in `path`, in the order of their names. See [`entries`] for what is one.
///
/// # Errors
///
/// As [`entries`].
pub fn find(
    path: &Path,
    course: &Course,
    assignment: &Assignment,
    limits: &Limits,
) -> Result<Vec<Submission>, Failure> {
    let listing = entries(path, course)?;
    Ok(listing.entries.iter().map(|entry| entry.read(course, assignment, limits)).collect())
}

/// A name or a path that somebody else chose, in one line and of a length to be shown. Whatever is invisible, turns the
/// direction of writing or moves a cursor becomes U+FFFD.
pub(crate) fn shown(text: &str) -> String {
    const MOST: usize = 160;
    let visible = |c: char| match c {
        '\t' | '\n' | '\u{2028}' | '\u{2029}' => ' ',
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {
            '\u{fffd}'
        }
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}' => '\u{fffd}',
        c => c,
    };
    let harmless = printed::harmless(text);
    let mut kept: String = harmless.chars().take(MOST).map(visible).collect();
    if harmless.chars().nth(MOST).is_some() {
        kept.push('…');
    }
    kept
}

#[cfg(test)]
pub(crate) mod tests;
