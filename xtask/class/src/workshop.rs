//! What the commands are made of: who reads submissions, who grades, who writes reports.
//!
//! The commands know none of them, so that how a class is divided, stopped, resumed and joined can be tested with graders
//! that do what no compiler does on demand: answer late, fail, or be killed in the middle.

use serde_json::Value;
use xtask::Failure;

use crate::cli::{AutograderArgs, GradeArgs, Outputs};
use crate::model::ClassReport;
use crate::work::{Grader, Submission, Whole};

/// What was handed in, and what was set.
pub struct Class {
    /// For the name of the results' folder: the assignment's file or the submissions' folder, without its extension.
    pub name: String,
    /// In any order, with different names.
    pub submissions: Vec<Listed>,
    /// The exercises that count, in the order of the course. Never empty.
    pub exercises: Vec<String>,
    /// What must be known to make a report of verdicts on another machine, where the assignment may not be: its title, what
    /// exercises are worth, what is shown when. The hidden seeds stay out of it.
    pub plan: Value,
    /// A fingerprint of what the assignment has verdicts depend on. See [`Identity`](crate::store::Identity).
    pub assignment: String,
    /// What was noticed about the folder, for whoever runs the command.
    pub notes: Vec<String>,
}

/// A submission that was found.
pub struct Listed {
    /// Unique in the class.
    pub name: String,
    /// Reads it. Called only for those of the share that is graded; whatever is wrong with it stands in the result.
    pub read: Box<dyn Fn() -> Submission>,
}

/// A grader that is ready.
pub struct Ready {
    /// Grades.
    pub grader: Box<dyn Grader>,
    /// A fingerprint of the harness as it was built, and of `course.toml`.
    pub course: String,
    /// Whether submissions are kept in a jail.
    pub jailed: bool,
}

/// A report with what it was made from.
#[derive(Clone, Copy, Debug)]
pub struct Published<'r> {
    /// See [`Class::plan`].
    pub plan: &'r Value,
    /// In the order of their names; what is not graded to the end is not among them.
    pub class: &'r [Whole],
    /// Made from them.
    pub report: &'r ClassReport,
}

/// What the commands are made of.
pub trait Workshop {
    /// Lists what was handed in and reads what was set.
    ///
    /// # Errors
    /// If one of them can't be read.
    fn list(&self, args: &GradeArgs) -> Result<Class, Failure>;

    /// Builds what grades, and finds out what this system can keep submissions from.
    ///
    /// # Errors
    /// If it can't be built, or if the system can't jail and `--allow-unsandboxed` was not given.
    fn prepare(&self, args: &GradeArgs, class: &Class) -> Result<Ready, Failure>;

    /// Builds what grades and finds out whether this system can jail submissions, without grading any.
    ///
    /// # Errors
    /// If it can't be built, or if the system can't jail and that is not allowed.
    fn try_out(&self, allow_unsandboxed: bool) -> Result<(), Failure>;

    /// Makes the report. It depends on nothing but its arguments and `course.toml`.
    ///
    /// # Errors
    /// If the plan is not one that this version of the course wrote.
    fn report(&self, plan: &Value, class: &[Whole]) -> Result<ClassReport, Failure>;

    /// Prints and writes what was asked for.
    ///
    /// # Errors
    /// If a file can't be written.
    fn publish(&self, published: Published<'_>, outputs: &Outputs) -> Result<(), Failure>;

    /// Writes the folder of a Gradescope autograder.
    ///
    /// # Errors
    /// If it can't be written.
    fn autograder(&self, args: &AutograderArgs) -> Result<(), Failure>;
}
