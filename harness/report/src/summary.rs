//! The result of a whole run, which is what `--json` prints.

use serde::{Deserialize, Serialize};

use crate::verdict::CheckResult;

/// The schema name in the JSON.
pub const SCHEMA: &str = "faultlines/check/v1";

/// One run of `check`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// Always [`SCHEMA`].
    pub schema: String,
    /// Chapters in which every exercise passes.
    pub chapters_passed: usize,
    /// Chapters in the course, also when fewer were asked for.
    pub chapters_total: usize,
    /// The chapters that were asked for, in the order of the course.
    pub chapters: Vec<ChapterResult>,
}

impl Summary {
    /// Counts the chapters that passed.
    pub fn new(chapters: Vec<ChapterResult>, chapters_total: usize) -> Self {
        Summary {
            schema: SCHEMA.to_owned(),
            chapters_passed: chapters.iter().filter(|chapter| chapter.passed).count(),
            chapters_total,
            chapters,
        }
    }

    /// Every exercise of the run.
    pub fn exercises(&self) -> impl Iterator<Item = &ExerciseResult> {
        self.chapters.iter().flat_map(|chapter| &chapter.exercises)
    }
}

/// A chapter, with the exercises of it that were asked for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ChapterResult {
    /// `ch01`.
    pub id: String,
    /// The title in `course.toml`.
    pub title: String,
    /// Whether every exercise passes. A chapter without exercises, or with some not asked for, doesn't.
    pub passed: bool,
    /// In the order of the course.
    pub exercises: Vec<ExerciseResult>,
}

/// What became of an exercise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ExerciseStatus {
    /// Every promise holds.
    Passed,
    /// At least one promise doesn't.
    Failed,
    /// Every check meets a `todo!()`.
    NotStarted,
    /// rustc refuses it, or the file can't be read.
    DoesNotCompile,
}

impl ExerciseStatus {
    /// What a set of check results makes of an exercise. No result at all is a failure, never a pass.
    pub fn of(checks: &[CheckResult]) -> Self {
        use crate::verdict::CheckStatus;
        if !checks.is_empty() && checks.iter().all(CheckResult::holds) {
            ExerciseStatus::Passed
        } else if !checks.is_empty() && checks.iter().all(|check| check.status == CheckStatus::NotImplemented) {
            ExerciseStatus::NotStarted
        } else {
            ExerciseStatus::Failed
        }
    }

    /// The name used in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            ExerciseStatus::Passed => "passed",
            ExerciseStatus::Failed => "failed",
            ExerciseStatus::NotStarted => "not_started",
            ExerciseStatus::DoesNotCompile => "does_not_compile",
        }
    }
}

/// One exercise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExerciseResult {
    /// `flaky_rpc`.
    pub id: String,
    /// The title in `course.toml`.
    pub title: String,
    /// See [`ExerciseStatus`].
    pub status: ExerciseStatus,
    /// The points of the checks that hold, and of all checks.
    pub points: Points,
    /// In the order of `course.toml`; empty when it does not compile.
    pub checks: Vec<CheckResult>,
    /// rustc's own words, or why the file can't be read; empty when it compiles.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub compiler: String,
    /// Things worth saying that change no verdict, such as a call that blocks the simulated world.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Points of an exercise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Points {
    /// Of the checks that hold.
    pub earned: u32,
    /// Of all checks.
    pub possible: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verdict::CheckStatus;

    fn result(status: CheckStatus) -> CheckResult {
        CheckResult::new("a_promise", status, "")
    }

    #[test]
    fn an_exercise_without_results_has_not_passed() {
        assert_eq!(ExerciseStatus::of(&[]), ExerciseStatus::Failed);
    }

    #[test]
    fn only_holding_checks_make_a_pass() {
        for status in [
            CheckStatus::Violated,
            CheckStatus::Undecided,
            CheckStatus::Panicked,
            CheckStatus::TimedOut,
            CheckStatus::Aborted,
            CheckStatus::NotImplemented,
        ] {
            let checks = [result(CheckStatus::Holds), result(status)];
            assert_eq!(ExerciseStatus::of(&checks), ExerciseStatus::Failed, "{status:?}");
        }
        assert_eq!(ExerciseStatus::of(&[result(CheckStatus::Holds)]), ExerciseStatus::Passed);
    }

    #[test]
    fn an_exercise_is_not_started_only_while_every_check_meets_a_todo() {
        let todo = result(CheckStatus::NotImplemented);
        assert_eq!(ExerciseStatus::of(&[todo.clone(), todo.clone()]), ExerciseStatus::NotStarted);
        assert_eq!(ExerciseStatus::of(&[todo, result(CheckStatus::Violated)]), ExerciseStatus::Failed);
    }
}
