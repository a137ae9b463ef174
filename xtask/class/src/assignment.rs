//! What was set: the exercises that count, what each is worth, and the seeds that nobody but the instructor knows.
//!
//! The file decides about grades, so nothing in it is guessed around: an unknown field, an exercise that does not exist or
//! points that make no sense end the command before anything is graded, with the line to mend. What the file leaves open
//! comes from the course, in the order of the course.

use std::collections::BTreeSet;
use std::fs;
use std::ops::Range;
use std::path::Path;

use serde::{Deserialize, Serialize};
use toml::Spanned;
use xtask::course::{Check, Course, Exercise};
use xtask::{Failure, lookup};

use crate::digest::Digest;

/// The seed with which `check` grades, and so everybody does. As a hidden seed it would hide nothing.
pub const USUAL_SEED: u64 = 1;

/// What an exercise may be worth. Scores are told in hundredths, and up to here they are exact.
pub const POINTS: std::ops::RangeInclusive<f64> = 0.01..=1_000_000.0;

/// What counts, and for how much.
#[derive(Clone, Debug)]
pub struct Assignment {
    /// What the instructor calls it.
    pub title: Option<String>,
    /// In the order of the course; at least one.
    pub exercises: Vec<Set>,
    /// See [`Hidden`].
    pub hidden: Hidden,
}

/// An exercise that was set.
#[derive(Clone, Debug)]
pub struct Set {
    /// Its id in the course.
    pub id: String,
    /// What it is worth here, within [`POINTS`].
    pub points: f64,
    /// The points of its checks in the course; never 0.
    pub possible: u32,
    /// Its checks and their points, in the order of the course.
    pub checks: Vec<Check>,
}

/// Further seeds to grade with, so that no answer can be made for the one that everybody knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Hidden {
    /// All different, none the [`USUAL_SEED`].
    pub seeds: Vec<u64>,
    /// See [`Visibility`].
    pub visibility: Visibility,
}

/// When a learner may see what came of the hidden seeds, for tools that know it. The names are Gradescope's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visibility {
    /// Never.
    #[default]
    Hidden,
    /// After the date it was due.
    AfterDueDate,
    /// After the grades are published.
    AfterPublished,
    /// At once.
    Visible,
}

impl Visibility {
    /// Its name in the file and in Gradescope's results.
    pub fn as_str(self) -> &'static str {
        match self {
            Visibility::Hidden => "hidden",
            Visibility::AfterDueDate => "after_due_date",
            Visibility::AfterPublished => "after_published",
            Visibility::Visible => "visible",
        }
    }
}

impl Assignment {
    /// Reads an assignment file.
    ///
    /// # Errors
    ///
    /// When it can't be read or says something that can't be meant: with the line and what to write instead.
    pub fn load(path: &Path, course: &Course) -> Result<Assignment, Failure> {
        let file = path.display().to_string();
        let text = fs::read_to_string(path).map_err(|error| {
            Failure::new(format!(
                "The assignment {file} can't be read: {error}.\n\n\
                 Name a TOML file after --assignment, or leave the option out: then every exercise of the course counts."
            ))
        })?;
        Assignment::parse(&file, &text, course)
    }

    /// The same of a text, which messages say is in `file`.
    ///
    /// # Errors
    ///
    /// As [`Assignment::load`].
    pub fn parse(file: &str, text: &str, course: &Course) -> Result<Assignment, Failure> {
        let written: Written = toml::from_str(text).map_err(|error| {
            let error = error.to_string();
            Failure::new(format!("The assignment {file} can't be used: {}\n\n{EXAMPLE}", error.trim_end()))
        })?;
        Reader { file, text, course }.assignment(written)
    }

    /// Every exercise of the course for its own points, and no hidden seeds.
    pub fn whole_course(course: &Course) -> Assignment {
        let all = course.chapters.iter().flat_map(|chapter| &chapter.exercises);
        let worth = all.filter(|exercise| exercise.points() > 0);
        let exercises = worth.map(|exercise| Set::new(exercise, f64::from(exercise.points()))).collect();
        Assignment { title: None, exercises, hidden: Hidden::default() }
    }

    /// What was set under that id.
    pub fn set(&self, id: &str) -> Option<&Set> {
        self.exercises.iter().find(|set| set.id == id)
    }

    /// Changes with everything that decides about a score: exercises, checks, points, hidden seeds. Not with the title or
    /// the visibility, which only reports show. The same on every machine.
    ///
    /// It gives away seeds to whoever tries them all, so it belongs beside the results, not into a report.
    pub fn fingerprint(&self) -> String {
        let mut digest = Digest::new("faultlines assignment 1");
        for set in &self.exercises {
            digest.add(set.id.as_bytes());
            digest.add(&set.points.to_bits().to_le_bytes());
            digest.add(&(set.checks.len() as u64).to_le_bytes());
            for check in &set.checks {
                digest.add(check.name.as_bytes());
                digest.add(&check.points.to_le_bytes());
            }
        }
        digest.add(b"seeds");
        self.hidden.seeds.iter().for_each(|seed| digest.add(&seed.to_le_bytes()));
        digest.finish()
    }
}

impl Set {
    fn new(exercise: &Exercise, points: f64) -> Set {
        Set { id: exercise.id.clone(), points, possible: exercise.points(), checks: exercise.checks.clone() }
    }
}

/// Told where no single line is to blame.
const EXAMPLE: &str = "An assignment looks like this:\n\n\
    \x20 title = \"Homework 3\"\n\n\
    \x20 [[exercise]]\n\
    \x20 id = \"flaky_rpc\"\n\
    \x20 points = 40\n\n\
    \x20 [hidden]\n\
    \x20 seeds = [71, 1234]";

/// The file as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: Option<String>,
    #[serde(default, rename = "exercise")]
    exercises: Vec<WrittenExercise>,
    #[serde(default)]
    hidden: WrittenHidden,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenExercise {
    id: Spanned<String>,
    points: Option<Spanned<f64>>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenHidden {
    #[serde(default)]
    seeds: Vec<Spanned<u64>>,
    #[serde(default)]
    visibility: Visibility,
}

/// Turns what is written into what is meant.
struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    course: &'a Course,
}

impl Reader<'_> {
    fn assignment(&self, written: Written) -> Result<Assignment, Failure> {
        let mut exercises: Vec<Set> = Vec::new();
        for entry in &written.exercises {
            let set = self.set(entry)?;
            if exercises.iter().any(|other| other.id == set.id) {
                let what = format!("{} is set a second time.\n\nLeave one of the two out.", set.id);
                return Err(self.wrong(entry.id.span(), &what));
            }
            exercises.push(set);
        }
        if exercises.is_empty() {
            let file = self.file;
            return Err(Failure::new(format!("The assignment {file} sets no exercise.\n\n{EXAMPLE}")));
        }
        let order = self.course.chapters.iter().flat_map(|chapter| &chapter.exercises);
        let order: Vec<&str> = order.map(|exercise| exercise.id.as_str()).collect();
        exercises.sort_by_key(|set| order.iter().position(|id| *id == set.id));
        let title = written.title.map(|title| title.trim().to_owned()).filter(|title| !title.is_empty());
        let hidden = Hidden { seeds: self.seeds(&written.hidden.seeds)?, visibility: written.hidden.visibility };
        Ok(Assignment { title, exercises, hidden })
    }

    fn set(&self, entry: &WrittenExercise) -> Result<Set, Failure> {
        let id = entry.id.as_ref();
        let (_, exercise) =
            lookup::exercise(self.course, id).map_err(|error| self.wrong(entry.id.span(), &error.to_string()))?;
        if exercise.points() == 0 {
            let what = format!("the checks of {id} are worth nothing in course.toml.\n\nLeave the exercise out.");
            return Err(self.wrong(entry.id.span(), &what));
        }
        let Some(points) = &entry.points else { return Ok(Set::new(exercise, f64::from(exercise.points()))) };
        if !POINTS.contains(points.as_ref()) {
            let what = format!(
                "{id} can't be worth {} points.\n\n\
                 Write a number from {} to {}, or leave the line out: then it is worth {}, as in the course.",
                points.as_ref(),
                POINTS.start(),
                POINTS.end(),
                exercise.points()
            );
            return Err(self.wrong(points.span(), &what));
        }
        Ok(Set::new(exercise, *points.as_ref()))
    }

    fn seeds(&self, written: &[Spanned<u64>]) -> Result<Vec<u64>, Failure> {
        let mut known = BTreeSet::new();
        for spanned in written {
            let seed = *spanned.as_ref();
            if seed == USUAL_SEED {
                let what = format!(
                    "{seed} is the seed that `cargo xtask check` uses, so it hides nothing.\n\nTake any other number."
                );
                return Err(self.wrong(spanned.span(), &what));
            }
            if !known.insert(seed) {
                let what = format!(
                    "the hidden seed {seed} is there twice, and the second time shows nothing new.\n\nLeave one out."
                );
                return Err(self.wrong(spanned.span(), &what));
            }
        }
        Ok(written.iter().map(|seed| *seed.as_ref()).collect())
    }

    fn wrong(&self, span: Range<usize>, what: &str) -> Failure {
        let before = &self.text.as_bytes()[..span.start.min(self.text.len())];
        let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
        Failure::new(format!("{}, line {line}: {what}", self.file))
    }
}

#[cfg(test)]
mod tests;
