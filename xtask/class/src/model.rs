//! The result of a class, `faultlines/grade/v1`. The table, the JSON and every file for another tool are made from it, so
//! they can't disagree about a score.

use report::{ChapterResult, CheckResult, ExerciseResult};
use serde::{Deserialize, Serialize};

/// The name and version of the format.
pub const SCHEMA: &str = "faultlines/grade/v1";

/// A class, graded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassReport {
    /// [`SCHEMA`].
    pub schema: String,
    /// What was set, if the assignment has a title.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub assignment: Option<String>,
    /// In the order of their names.
    pub submissions: Vec<Graded>,
}

/// How well the learner's code was kept from what judges it. Worse is greater.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// In jailed processes of its own.
    Isolated,
    /// Jailed, but some exercise ran in one process with what judged it.
    InProcess,
    /// In processes of its own that could do whatever the user may do.
    Unsandboxed,
}

impl Trust {
    /// Its name in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Trust::Isolated => "isolated",
            Trust::InProcess => "in_process",
            Trust::Unsandboxed => "unsandboxed",
        }
    }
}

/// A submission, graded.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Graded {
    /// The name of its folder or archive, without the extension.
    pub name: String,
    /// What it earned, in the assignment's points, rounded to hundredths.
    pub score: f64,
    /// What it could have earned.
    pub max_score: f64,
    /// How far the score can be trusted.
    pub trust: Trust,
    /// The results with the usual seed, shaped as in `faultlines/check/v1`; of the exercises that count.
    pub chapters: Vec<ChapterResult>,
    /// What each exercise was worth here and what it earned, hidden seeds included.
    pub marks: Vec<Mark>,
    /// The results with the hidden seeds, in their order in the assignment. Not for the learner's eyes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hidden: Vec<Hidden>,
    /// What was noticed about the submission as a whole: files that were ignored, links that were refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// What an exercise earned.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Its id.
    pub exercise: String,
    /// In the assignment's points, rounded to hundredths.
    pub score: f64,
    /// What it was worth.
    pub max_score: f64,
}

/// The results with a hidden seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Hidden {
    /// Its place in the assignment, from 1. The seed itself stays there.
    pub number: usize,
    /// As in [`Graded::chapters`].
    pub chapters: Vec<ChapterResult>,
}

impl ClassReport {
    /// A report of these submissions, which it puts in order.
    pub fn new(assignment: Option<String>, mut submissions: Vec<Graded>) -> Self {
        submissions.sort_by(|one, other| one.name.cmp(&other.name));
        ClassReport { schema: SCHEMA.to_owned(), assignment, submissions }
    }
}

impl Graded {
    /// The exercises, in the order of the course.
    pub fn exercises(&self) -> impl Iterator<Item = &ExerciseResult> {
        self.chapters.iter().flat_map(|chapter| &chapter.exercises)
    }

    /// The mark of an exercise.
    pub fn mark(&self, exercise: &str) -> Option<&Mark> {
        self.marks.iter().find(|mark| mark.exercise == exercise)
    }

    /// The results of a check with the hidden seeds, each with the number of its seed.
    pub fn hidden_results(&self, exercise: &str, check: &str) -> impl Iterator<Item = (usize, &CheckResult)> {
        self.hidden.iter().filter_map(move |hidden| {
            let mut exercises = hidden.chapters.iter().flat_map(|chapter| &chapter.exercises);
            let exercise = exercises.find(|result| result.id == exercise)?;
            Some((hidden.number, exercise.checks.iter().find(|result| result.name == check)?))
        })
    }
}
