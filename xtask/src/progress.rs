//! What is known about the learner's work from earlier runs: `.faultlines/progress.json`.
//!
//! It is a memory, not a verdict: losing it costs one `check`. So nothing in it ever stops a command. A file that can't
//! be read is put aside, a folder that can't be written is a warning, and a result counts for a source only as long as
//! the hash of that source is the same.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use report::{ExerciseResult, ExerciseStatus, Points, Summary};
use serde::{Deserialize, Serialize};

use crate::course::{Chapter, Course, Exercise};
use crate::files;

/// The schema name in the file.
pub const SCHEMA: &str = "faultlines/progress/v1";

/// Where the learner's own things are, below the root of the checkout.
pub const FOLDER: &str = ".faultlines";

/// Everything that is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Progress {
    schema: String,
    exercises: BTreeMap<String, Entry>,
}

/// What is kept about one exercise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Entry {
    /// How its last complete check ended; none if there was none.
    pub last: Option<Last>,
    /// How many of its hints were shown.
    pub hints: usize,
}

/// The last complete check of an exercise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Last {
    /// How it ended.
    pub status: ExerciseStatus,
    /// What it earned.
    pub points: Points,
    /// When, in seconds since 1970.
    pub checked_at_s: u64,
    /// The [`fingerprint`] of the source it was run on.
    pub source: String,
}

impl Default for Progress {
    fn default() -> Self {
        Progress { schema: SCHEMA.to_owned(), exercises: BTreeMap::new() }
    }
}

fn path_in(root: &Path) -> PathBuf {
    root.join(FOLDER).join("progress.json")
}

impl Progress {
    /// Reads the progress of the checkout in `root`, and what to tell the learner when the file was no use.
    pub fn load(root: &Path) -> (Progress, Option<String>) {
        let path = path_in(root);
        let reason = match fs::read(&path) {
            Ok(bytes) => match parse(&bytes) {
                Ok(progress) => return (progress, None),
                Err(reason) => reason,
            },
            Err(error) if error.kind() == io::ErrorKind::NotFound => return (Progress::default(), None),
            Err(error) => return (Progress::default(), Some(format!("{} can't be read: {error}", path.display()))),
        };
        let aside = put_aside(&path).map_or_else(
            |error| format!("It could not be put aside either ({error})"),
            |aside| format!("It is now {}", aside.display()),
        );
        let note = format!("{} {reason}. {aside}; `cargo xtask check` fills a new one.", path.display());
        (Progress::default(), Some(note))
    }

    /// Writes the file.
    ///
    /// # Errors
    ///
    /// A sentence to show as a warning; the command itself goes on.
    pub fn save(&self, root: &Path) -> Result<(), String> {
        let path = path_in(root);
        let json = serde_json::to_string_pretty(self).expect("progress has only string keys");
        files::write_atomically(&path, (json + "\n").as_bytes())
            .map_err(|error| format!("progress is not kept: {} can't be written ({error})", path.display()))
    }

    /// What is kept about an exercise.
    pub fn entry(&self, exercise: &str) -> Entry {
        self.exercises.get(exercise).cloned().unwrap_or_default()
    }

    /// The last status of an exercise, and `NotStarted` before its first check.
    pub fn status(&self, exercise: &str) -> ExerciseStatus {
        self.exercises
            .get(exercise)
            .and_then(|entry| entry.last.as_ref())
            .map_or(ExerciseStatus::NotStarted, |last| last.status)
    }

    /// Whether the exercise passed its last check.
    pub fn passed(&self, exercise: &str) -> bool {
        self.status(exercise) == ExerciseStatus::Passed
    }

    /// How many of its hints were shown.
    pub fn set_hints(&mut self, exercise: &str, hints: usize) {
        self.exercises.entry(exercise.to_owned()).or_default().hints = hints;
    }

    /// Takes over the results of a run on the sources in `before`.
    ///
    /// An exercise of which only some checks were asked for stays as it is: passing one promise is no pass.
    pub fn take(&mut self, course: &Course, before: &Sources, summary: &Summary, now_s: u64) {
        for result in summary.exercises() {
            let Some((_, exercise)) = course.exercise(&result.id) else { continue };
            if !complete(exercise, result) {
                continue;
            }
            let source = before.0.get(&result.id).cloned().unwrap_or_default();
            let last = Last { status: result.status, points: result.points, checked_at_s: now_s, source };
            self.exercises.entry(result.id.clone()).or_default().last = Some(last);
        }
    }

    /// Chapters in which every exercise passed its last check.
    pub fn chapters_passed(&self, course: &Course) -> usize {
        course.chapters.iter().filter(|chapter| self.chapter_passed(chapter)).count()
    }

    /// Whether a chapter has exercises and all of them passed their last check.
    pub fn chapter_passed(&self, chapter: &Chapter) -> bool {
        !chapter.exercises.is_empty() && chapter.exercises.iter().all(|exercise| self.passed(&exercise.id))
    }

    /// The exercise at hand: the first of the course that has not passed.
    pub fn at_hand<'a>(&self, course: &'a Course) -> Option<(&'a Chapter, &'a Exercise)> {
        let mut pairs = course.chapters.iter().flat_map(|chapter| chapter.exercises.iter().map(move |e| (chapter, e)));
        pairs.find(|(_, exercise)| !self.passed(&exercise.id))
    }
}

fn complete(exercise: &Exercise, result: &ExerciseResult) -> bool {
    result.status == ExerciseStatus::DoesNotCompile
        || exercise.checks.iter().all(|check| result.checks.iter().any(|done| done.name == check.name))
}

fn parse(bytes: &[u8]) -> Result<Progress, &'static str> {
    #[derive(Deserialize)]
    struct Header {
        schema: String,
    }
    let header: Header = serde_json::from_slice(bytes).map_err(|_| "is damaged")?;
    if header.schema != SCHEMA {
        return Err("was written by another version of the course");
    }
    serde_json::from_slice(bytes).map_err(|_| "is damaged")
}

fn put_aside(path: &Path) -> io::Result<PathBuf> {
    let folder = path.parent().expect("the file is in a folder");
    let aside = files::keep(folder, "progress-aside", "json", &fs::read(path)?, files::now_s())?;
    fs::remove_file(path)?;
    Ok(aside)
}

/// Takes over the results of a run: loads, changes, saves. Gives what to tell the learner, if anything.
pub fn record(root: &Path, course: &Course, before: &Sources, summary: &Summary) -> Vec<String> {
    let (mut progress, note) = Progress::load(root);
    progress.take(course, before, summary, files::now_s());
    note.into_iter().chain(progress.save(root).err()).collect()
}

/// The sources as they were when a run began. Taken before it, because a learner may save during it.
#[derive(Clone, Debug, Default)]
pub struct Sources(BTreeMap<String, String>);

impl Sources {
    /// Of every exercise of the course.
    pub fn now(root: &Path, course: &Course) -> Self {
        let all = course.chapters.iter().flat_map(|chapter| chapter.exercises.iter().map(move |e| (chapter, e)));
        Sources(all.map(|(chapter, e)| (e.id.clone(), fingerprint(&source_folder(root, chapter), &e.id))).collect())
    }
}

/// Where the learner's files of a chapter are.
pub fn source_folder(root: &Path, chapter: &Chapter) -> PathBuf {
    root.join("exercises").join(&chapter.dir).join("src")
}

/// The files of an exercise that exist: `ID.rs`, then all of `ID/`, in the order of their names.
pub fn files_of(folder: &Path, exercise: &str) -> Vec<PathBuf> {
    let main = folder.join(format!("{exercise}.rs"));
    let mut found: Vec<PathBuf> = main.is_file().then_some(main).into_iter().collect();
    collect(&folder.join(exercise), 0, &mut found);
    found
}

fn collect(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) {
    // A symbolic link may lead back up; nobody nests modules that deep.
    if depth > 16 {
        return;
    }
    let Ok(entries) = fs::read_dir(folder) else { return };
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    for path in paths {
        if path.is_dir() {
            collect(&path, depth + 1, found);
        } else {
            found.push(path);
        }
    }
}

/// A number that changes when a source of the exercise does: FNV-1a, 64 bits, over names and contents. It guards against
/// forgetting, not against forgers.
pub fn fingerprint(folder: &Path, exercise: &str) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    let mut add = |bytes: &[u8]| {
        // The length keeps two files from being one longer file.
        for byte in (bytes.len() as u64).to_le_bytes().iter().chain(bytes) {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    };
    for path in files_of(folder, exercise) {
        add(path.strip_prefix(folder).unwrap_or(&path).to_string_lossy().as_bytes());
        add(&fs::read(&path).unwrap_or_default());
    }
    format!("{hash:016x}")
}

/// The bar of the course: `[###-------] 3 of 10 chapters`.
pub fn bar(passed: usize, total: usize) -> String {
    let filled = "#".repeat(passed.min(total));
    format!("[{filled:-<total$}] {passed} of {total} chapters")
}

#[cfg(test)]
pub(crate) mod tests;
