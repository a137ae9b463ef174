//! `result.json` of Classroom 50, `classroom50/result/v1`, for one submission.
//!
//! Follows `schemas/result-v1.schema.json` of <https://github.com/foundation50/classroom50> and its wiki page "Advanced
//! Autograding", where an autograder writes this file to the working directory and the runner publishes it as a release of
//! the student's repository.
//!
//! Two things follow from that. Students see the whole file, so it says of each check whether it earned its points, hidden
//! seeds included, because that is the grade, but tells no story of a hidden seed. And points are whole numbers there: an
//! assignment with a check that is worth a fraction is written in hundredths of a point throughout. That depends on the
//! assignment alone, never on what a submission earned, so all scores of a class have the same unit.

use std::fmt;
use std::time::SystemTime;

use chrono::{DateTime, SecondsFormat, Utc};
use serde::Serialize;

use crate::formats::items::items;
use crate::formats::plain;
use crate::model::{Graded, hundredths};

/// The most of a story that goes into the file, in bytes: the collector takes files up to 10 MiB.
const OUTPUT_BYTES: usize = 4 * 1024;

/// What the runner knows about the submission and hands to an autograder in its environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The short name of the class.
    pub classroom: String,
    /// The assignment, by its slug.
    pub assignment: String,
    /// `individual`, `group` or `team`.
    pub assignment_type: String,
    /// Whose repository it is.
    pub owner: String,
    /// The tag that was graded, `submit/…`.
    pub submission: String,
    /// Where the commit can be seen.
    pub commit: String,
    /// Where the release will be.
    pub release: String,
    /// Where everything that changed can be seen.
    pub review: String,
}

/// What is missing from the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotThere {
    variable: &'static str,
}

impl fmt::Display for NotThere {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "The environment variable {} is not set, or empty. ", self.variable)?;
        write!(out, "Classroom 50's runner sets it for an autograder, so this is probably not running in one.\n\n")?;
        write!(out, "Run this from the assignment's autograder.py, or set the variable to try it by hand.")
    }
}

impl std::error::Error for NotThere {}

impl Place {
    /// Reads it from the environment, which `variable` looks up.
    ///
    /// # Errors
    /// When the runner's variables are not all there.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Result<Place, NotThere> {
        let filled = |name: &str| variable(name).filter(|value| !value.trim().is_empty());
        let must = |name: &'static str| filled(name).ok_or(NotThere { variable: name });
        let commit = must("COMMIT_URL")?;
        Ok(Place {
            classroom: must("CLASSROOM")?,
            assignment: must("ASSIGNMENT")?,
            // The runner writes these two itself once more; older ones have no ASSIGNMENT_TYPE.
            assignment_type: filled("ASSIGNMENT_TYPE").unwrap_or_else(|| "individual".to_owned()),
            owner: filled("OWNER").map_or_else(|| must("USERNAME"), Ok)?,
            submission: must("SUBMISSION_TAG")?,
            release: must("RELEASE_URL")?,
            review: filled("REVIEW_URL").unwrap_or_else(|| commit.clone()),
            commit,
        })
    }
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Outcome<'a> {
    schema: &'static str,
    classroom: &'a str,
    assignment: &'a str,
    #[serde(rename = "assignment_type")]
    assignment_type: &'a str,
    owner: &'a str,
    submission: &'a str,
    commit: &'a str,
    release: &'a str,
    review: &'a str,
    datetime: String,
    #[serde(rename = "graded_at")]
    graded_at: String,
    score: u64,
    max_score: u64,
    tests: Vec<Test>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
struct Test {
    test_name: String,
    passed: bool,
    score: u64,
    max_score: u64,
    /// A field of ours: the format keeps what it doesn't know.
    #[serde(skip_serializing_if = "String::is_empty")]
    output: String,
}

/// The result of a submission that was handed in and graded at these times.
pub fn write(graded: &Graded, place: &Place, handed_in: SystemTime, graded_at: SystemTime) -> String {
    let unit = unit(graded);
    let view = graded.for_learner();
    let tests = items(graded).into_iter().zip(items(&view)).map(|(real, shown)| Test {
        test_name: real.title(),
        passed: real.holds,
        score: hundredths(real.score) / unit,
        max_score: hundredths(real.max_score) / unit,
        output: if shown.holds { String::new() } else { plain::cut(&shown.story, OUTPUT_BYTES) },
    });
    let tests: Vec<Test> = tests.collect();
    let outcome = Outcome {
        schema: "classroom50/result/v1",
        classroom: &place.classroom,
        assignment: &place.assignment,
        assignment_type: &place.assignment_type,
        owner: &place.owner,
        submission: &place.submission,
        commit: &place.commit,
        release: &place.release,
        review: &place.review,
        datetime: utc(handed_in),
        graded_at: utc(graded_at),
        score: tests.iter().map(|test| test.score).sum(),
        max_score: tests.iter().map(|test| test.max_score).sum(),
        tests,
    };
    let mut text = serde_json::to_string_pretty(&outcome).expect("a result has only string keys");
    text.push('\n');
    text
}

/// How many hundredths of a point make one of the file.
fn unit(graded: &Graded) -> u64 {
    let mut worth = graded.marks.iter().flat_map(|mark| mark.checks.iter().map(|check| check.max_score));
    if worth.all(|points| hundredths(points).is_multiple_of(100)) { 100 } else { 1 }
}

/// A time as `2026-06-01T14:32:01Z`.
fn utc(time: SystemTime) -> String {
    DateTime::<Utc>::from(time).to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests;
