//! The result of a class, `faultlines/grade/v1`. The table, the JSON and every file for another tool are made from it, so
//! they can't disagree about a score.

use report::{ChapterResult, CheckResult, ExerciseResult};
use serde::{Deserialize, Serialize};

/// The name and version of the format.
pub const SCHEMA: &str = "faultlines/grade/v1";

/// What a learner is told where hidden seeds count.
pub const HIDDEN_SEEDS_COUNT: &str = "The points shown here are those of the usual schedules. For the grade, each check has to \
     hold with other schedules as well, which are not shown.";

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
    /// What each of its checks earned, in the order of the course, also where nothing compiled. Their points add up to
    /// those of the exercise, to the hundredth.
    pub checks: Vec<CheckMark>,
}

/// What a check earned: all its points or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckMark {
    /// Its name.
    pub name: String,
    /// In the assignment's points, rounded to hundredths.
    pub score: f64,
    /// What it was worth.
    pub max_score: f64,
}

/// A check as the course and the results know it, on the way to its [`CheckMark`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weighed<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its points in the course.
    pub points: u32,
    /// Whether it holds, with every seed that counts.
    pub holds: bool,
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

impl Mark {
    /// Shares what the exercise is worth among its checks, in proportion to their points in the course.
    ///
    /// A share is what the rounded running total grows by, so all of them together are exactly `worth`, and whoever keeps
    /// every promise gets all of it.
    pub fn new(exercise: impl Into<String>, worth: f64, checks: &[Weighed<'_>]) -> Self {
        // An exercise whose checks have no points at all is shared out evenly.
        let all: u64 = checks.iter().map(|check| u64::from(check.points)).sum();
        let weight = |check: &Weighed<'_>| if all == 0 { 1 } else { u64::from(check.points) };
        let whole = checks.iter().map(weight).sum::<u64>().max(1);
        let (worth, mut weighed, mut shared) = (hundredths(worth), 0, 0);
        let checks = checks.iter().map(|check| {
            weighed += weight(check);
            let share = (2 * worth * weighed + whole) / (2 * whole) - shared;
            shared += share;
            let score = if check.holds { points(share) } else { 0.0 };
            CheckMark { name: check.name.to_owned(), score, max_score: points(share) }
        });
        let checks: Vec<CheckMark> = checks.collect();
        let score = sum(checks.iter().map(|check| check.score));
        Mark { exercise: exercise.into(), score, max_score: points(worth), checks }
    }
}

/// Points as a whole number of hundredths, in which they are added up.
pub fn hundredths(points: f64) -> u64 {
    (points * 100.0).round() as u64
}

fn points(hundredths: u64) -> f64 {
    hundredths as f64 / 100.0
}

/// The sum of points, without the dust that adding fractions leaves.
pub fn sum(of: impl Iterator<Item = f64>) -> f64 {
    points(of.map(hundredths).sum())
}

impl Graded {
    /// What its own author may see: the results with the usual seed and the points they would give, nothing of the hidden
    /// seeds, and no path of the machine that graded.
    ///
    /// Every report that a learner reads is made from this. A check that fails with a hidden seed alone looks here like
    /// one that holds, down to the total: a total that is smaller than the sum of what is shown would give it away.
    pub fn for_learner(&self) -> Graded {
        let mut view = self.clone();
        for check in view.chapters.iter_mut().flat_map(|chapter| &mut chapter.exercises).flat_map(|e| &mut e.checks) {
            check.page = None;
        }
        if view.hidden.is_empty() {
            return view;
        }
        view.hidden.clear();
        for mark in &mut view.marks {
            let shown = self.exercises().find(|exercise| exercise.id == mark.exercise);
            let holds =
                |name: &str| shown.is_some_and(|shown| shown.checks.iter().any(|c| c.name == name && c.holds()));
            for check in &mut mark.checks {
                check.score = if holds(&check.name) { check.max_score } else { 0.0 };
            }
            mark.score = sum(mark.checks.iter().map(|check| check.score));
        }
        view.score = sum(view.marks.iter().map(|mark| mark.score));
        view.notes.push(HIDDEN_SEEDS_COUNT.to_owned());
        view
    }

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

#[cfg(test)]
mod tests {
    use super::*;

    fn weighed(points: &[u32]) -> Vec<Weighed<'static>> {
        points.iter().map(|points| Weighed { name: "a_promise", points: *points, holds: true }).collect()
    }

    #[test]
    fn the_points_of_the_checks_are_exactly_those_of_the_exercise() {
        for worth in [0.0, 0.01, 1.0, 7.0, 40.0, 33.33, 100.0] {
            for points in [&[1][..], &[1, 1, 1], &[3, 2, 2, 1, 1, 1, 7], &[0, 0], &[0, 5]] {
                let mark = Mark::new("raft", worth, &weighed(points));
                assert_eq!(hundredths(mark.score), hundredths(worth), "{worth} shared as {points:?}");
                assert_eq!(sum(mark.checks.iter().map(|check| check.max_score)), worth);
            }
        }
    }

    #[test]
    fn a_check_gets_its_share_and_no_points_of_the_course_are_lost_in_rounding() {
        let shares = |mark: Mark| mark.checks.iter().map(|check| check.max_score).collect::<Vec<_>>();
        assert_eq!(shares(Mark::new("raft", 10.0, &weighed(&[1, 1, 1]))), [3.33, 3.34, 3.33]);
        assert_eq!(shares(Mark::new("raft", 6.0, &weighed(&[1, 2, 3]))), [1.0, 2.0, 3.0]);
    }

    #[test]
    fn a_check_that_does_not_hold_earns_nothing() {
        let mut checks = weighed(&[2, 3]);
        checks[1].holds = false;
        assert_eq!(Mark::new("raft", 5.0, &checks).score, 2.0);
        assert_eq!(Mark::new("raft", 5.0, &[]).score, 0.0);
    }
}
