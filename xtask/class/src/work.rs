//! What is graded, and what comes of it.
//!
//! The unit is one exercise of one submission. It is small enough that a slow submission keeps one core busy and not the
//! class waiting, and that whatever stops a run costs no more than the few units under way; and it is large enough that
//! everything which decides its result is in it: a source, and the run's [`Identity`](crate::store::Identity).

use report::ExerciseResult;
use serde::{Deserialize, Serialize};

use crate::model::Trust;

/// What somebody handed in, reduced to what is graded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// Unique in the class.
    pub name: String,
    /// One for every exercise that counts, in the order of the course.
    pub answers: Vec<Answer>,
    /// What was noticed about the submission as a whole.
    pub notes: Vec<String>,
}

/// What a submission has for an exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Its id.
    pub exercise: String,
    /// What was found for it.
    pub source: Source,
}

/// What was found under the name of an exercise's file.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// No such file.
    Missing,
    /// Something that is not graded (a link, too large, not text), and why.
    Refused(String),
    /// Its text.
    Text(String),
}

/// What grading one exercise of one submission came to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// How well the learner's code was kept from what judged it.
    pub trust: Trust,
    /// With the usual seed, then with every hidden seed, in their order in the assignment.
    pub results: Vec<ExerciseResult>,
}

/// Why there is no verdict. It is never the submission's fault: whatever a learner's code does has a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// This exercise of this submission could not be graded; others may do better.
    Here(String),
    /// Nothing can be graded any more (a full disk, a judge that is gone), so that going on is of no use.
    Everywhere(String),
}

/// Grades one exercise of one submission.
pub trait Grader: Sync {
    /// Called from many threads at a time. What it returns depends on nothing but `exercise` and `source`, apart from
    /// times.
    ///
    /// # Errors
    /// With what kept it from a verdict.
    fn grade(&self, submission: &str, exercise: &str, source: &Source) -> Result<Verdict, Trouble>;
}

/// A verdict, and what it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Whose.
    pub submission: String,
    /// Of which exercise.
    pub exercise: String,
    /// On what. It is kept with the verdict, so that nobody has to guess later which of somebody's attempts was graded,
    /// and so that submissions which were graded on different machines can be compared.
    pub source: Source,
    /// What came of it.
    #[serde(flatten)]
    pub verdict: Verdict,
}

/// A submission all of whose exercises have a verdict.
#[derive(Clone, Debug, PartialEq)]
pub struct Whole {
    /// Unique in the class.
    pub name: String,
    /// What was noticed about it as a whole.
    pub notes: Vec<String>,
    /// One for every exercise that counts, in the order of the course.
    pub parts: Vec<Part>,
}
