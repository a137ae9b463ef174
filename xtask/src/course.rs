//! `course.toml`: order, titles, ids, points, hints, budgets.
//!
//! The file is the only place for them, so a mistake in it is told with the line it is on and never guessed around.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// The whole course.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Course {
    /// Its name.
    pub title: String,
    /// See [`Budget`].
    pub budget: Budget,
    /// In the order in which they are taught.
    #[serde(rename = "chapter")]
    pub chapters: Vec<Chapter>,
}

/// What a check may use up before it is ended from outside. None of it decides between right and wrong.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Budget {
    /// Real time that a single schedule may take, in milliseconds.
    pub schedule_ms: u64,
    /// Real time that an exercise may take once something in it hangs, in milliseconds.
    pub exercise_ms: u64,
    /// Memory a check may allocate, in MiB.
    pub memory_mib: u64,
    /// What a check may print, in KiB.
    pub output_kib: u64,
}

/// A chapter; without exercises as long as they are not written.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Chapter {
    /// `ch01`.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Its folder in `exercises/` and in `solutions/`.
    pub dir: String,
    /// In the order in which they are best solved.
    #[serde(default, rename = "exercise")]
    pub exercises: Vec<Exercise>,
}

/// An exercise.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exercise {
    /// `flaky_rpc`: its module, its file, its feature.
    pub id: String,
    /// Its title.
    pub title: String,
    /// From a nudge to nearly the answer.
    pub hints: Vec<String>,
    /// Its promises, in the order in which they are shown.
    pub checks: Vec<Check>,
}

/// What a promise is worth.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// The promise, as an identifier.
    pub name: String,
    /// What it is worth.
    pub points: u32,
}

/// Why `course.toml` can't be used.
#[derive(Debug)]
pub struct CourseError {
    path: PathBuf,
    reason: String,
}

impl fmt::Display for CourseError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} can't be used: {}\n\n", self.path.display(), self.reason.trim_end())?;
        write!(out, "It is part of the course, not of your work: `git checkout course.toml` brings it back.")
    }
}

impl std::error::Error for CourseError {}

impl Course {
    /// Reads `course.toml` in the folder `root`.
    pub fn load(root: &Path) -> Result<Course, CourseError> {
        let path = root.join("course.toml");
        let fail = |reason: String| CourseError { path: path.clone(), reason };
        let text = fs::read_to_string(&path).map_err(|error| fail(error.to_string()))?;
        let course: Course = toml::from_str(&text).map_err(|error| fail(error.to_string()))?;
        course.consistent().map_err(fail)?;
        Ok(course)
    }

    /// The exercise of that id, and its chapter.
    pub fn exercise(&self, id: &str) -> Option<(&Chapter, &Exercise)> {
        let mut pairs = self.chapters.iter().flat_map(|chapter| chapter.exercises.iter().map(move |e| (chapter, e)));
        pairs.find(|(_, exercise)| exercise.id == id)
    }

    /// The chapter of that id.
    pub fn chapter(&self, id: &str) -> Option<&Chapter> {
        self.chapters.iter().find(|chapter| chapter.id == id)
    }

    fn consistent(&self) -> Result<(), String> {
        let mut ids = BTreeSet::new();
        for chapter in &self.chapters {
            for id in std::iter::once(&chapter.id).chain(chapter.exercises.iter().map(|exercise| &exercise.id)) {
                if !ids.insert(id) {
                    return Err(format!("the id `{id}` is used twice; ids are unique in the whole course"));
                }
            }
            for exercise in &chapter.exercises {
                exercise.consistent()?;
            }
        }
        Ok(())
    }
}

impl Exercise {
    /// The points of all its checks.
    pub fn points(&self) -> u32 {
        self.checks.iter().map(|check| check.points).sum()
    }

    fn consistent(&self) -> Result<(), String> {
        if self.hints.len() != 3 {
            return Err(format!("`{}` has {} hints instead of three", self.id, self.hints.len()));
        }
        if self.checks.is_empty() {
            return Err(format!("`{}` has no checks", self.id));
        }
        let mut names = BTreeSet::new();
        match self.checks.iter().find(|check| !names.insert(&check.name)) {
            Some(twice) => Err(format!("`{}` lists the check `{}` twice", self.id, twice.name)),
            None => Ok(()),
        }
    }
}
