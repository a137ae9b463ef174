//! Results, read back.
//!
//! The report is always made from what was read back, whether the run has just ended, was resumed, or took place on seven
//! machines: there is one way from verdicts to a report, so there can't be two reports.

use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use xtask::Failure;

use super::{BUNDLE, Bundle, HEADER, Header, PartFile, SCHEMA, part_path};
use crate::work::{Part, Whole};

/// What a run has come to.
#[derive(Clone, Debug, PartialEq)]
pub struct Results {
    /// What they are about.
    pub header: Header,
    /// In the order of the submissions' names and of the exercises; some may be missing.
    pub parts: Vec<Part>,
    /// Files that were no use, and why.
    pub notes: Vec<String>,
}

/// Reads results: a folder, or the one file that holds all of them.
///
/// # Errors
/// If there are none, or another version of the course wrote them.
pub fn load(path: &Path) -> Result<Results, Failure> {
    if !path.is_dir() {
        let bundle: Bundle<Header, Vec<Part>> = parse(path)?;
        return Ok(Results { header: bundle.header, parts: bundle.parts, notes: Vec::new() });
    }
    // A folder of which only the one file was kept, as an archive of a build often does.
    let header = path.join(HEADER);
    if !header.exists() && path.join(BUNDLE).exists() {
        return load(&path.join(BUNDLE));
    }
    if !header.exists() {
        return Err(Failure::new(format!(
            "There are no results in {}: it has no {HEADER}.\n\nResults are in the folder that a run named when it ended.",
            path.display()
        )));
    }
    Ok(Results::of_folder(path, parse(&header)?))
}

impl Results {
    /// The verdicts in `folder` that belong to `header`.
    pub(super) fn of_folder(folder: &Path, header: Header) -> Results {
        let run = header.identity.fingerprint();
        let (mut parts, mut notes) = (Vec::new(), Vec::new());
        for entry in &header.submissions {
            for exercise in &header.exercises {
                match read_part(folder, &run, &entry.name, exercise) {
                    Ok(part) => parts.extend(part),
                    Err(note) => notes.push(note),
                }
            }
        }
        Results { header, parts, notes }
    }

    /// Submission and exercise of every verdict that is missing, in order.
    pub fn missing(&self) -> Vec<(&str, &str)> {
        let mut parts = self.parts.iter().peekable();
        let mut missing = Vec::new();
        for entry in &self.header.submissions {
            for exercise in &self.header.exercises {
                if parts.next_if(|part| part.submission == entry.name && part.exercise == *exercise).is_none() {
                    missing.push((entry.name.as_str(), exercise.as_str()));
                }
            }
        }
        missing
    }

    /// The submissions that are graded to the end, and the names of the others.
    pub fn wholes(self) -> (Vec<Whole>, Vec<String>) {
        let (mut wholes, mut others) = (Vec::new(), Vec::new());
        let mut parts = self.parts.into_iter().peekable();
        for entry in self.header.submissions {
            let its: Vec<Part> = std::iter::from_fn(|| parts.next_if(|part| part.submission == entry.name)).collect();
            if its.len() == self.header.exercises.len() {
                wholes.push(Whole { name: entry.name, notes: entry.notes, parts: its });
            } else {
                others.push(entry.name);
            }
        }
        (wholes, others)
    }
}

/// A verdict, if there is one; or why the file in its place is none.
pub(super) fn read_part(folder: &Path, run: &str, submission: &str, exercise: &str) -> Result<Option<Part>, String> {
    let path = part_path(folder, submission, exercise);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(format!("{} can't be read: {error}", path.display())),
    };
    let because = |reason: &str| format!("{} {reason}", path.display());
    let file: PartFile<Part> = serde_json::from_slice(&bytes).map_err(|_| because("is damaged"))?;
    if file.schema != SCHEMA || file.run != run {
        return Err(because("belongs to another run"));
    }
    if file.part.submission != submission || file.part.exercise != exercise {
        return Err(because("is about something else than its name says"));
    }
    Ok(Some(file.part))
}

#[derive(Deserialize)]
struct Versioned {
    schema: String,
}

pub(super) fn parse<T: DeserializeOwned>(path: &Path) -> Result<T, Failure> {
    let bytes = fs::read(path).map_err(|error| {
        Failure::new(format!(
            "{} can't be read: {error}.\n\nResults are the folder that a run named when it ended, or the results.json in \
             it.",
            path.display()
        ))
    })?;
    let no_results = |reason: &str| Failure::new(format!("{} {reason}", path.display()));
    let versioned: Versioned = serde_json::from_slice(&bytes).map_err(|_| {
        no_results(
            "is damaged, or no results at all.\n\nResults are what `cargo xtask grade` leaves in its folder; the \
                    JSON it prints is a report, which can't be joined with others.",
        )
    })?;
    if versioned.schema == crate::model::SCHEMA {
        return Err(no_results(
            "is a report, which can't be joined with others: it doesn't say what it was graded with.\n\nGive the folder \
             of results instead, or the results.json in it.",
        ));
    }
    if versioned.schema != SCHEMA {
        return Err(no_results(
            "was written by another version of the course.\n\nGrade that share again with this one.",
        ));
    }
    serde_json::from_slice(&bytes).map_err(|_| no_results("is damaged.\n\nGrade that share again, with --resume."))
}
