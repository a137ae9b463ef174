//! `--junit`: one JUnit file for the class, for build servers.
//!
//! A test suite a submission, a test case a check, named `exercise::check`; a check with a hidden seed is a case of its own,
//! `exercise::check::hidden_1`. An exercise without checks to show has one case that says why: `exercise::compiles`,
//! `exercise::started`. The class name of a case is the submission's name, because Jenkins groups by that and not by suite.
//!
//! What was not begun is a failure, not skipped. Build servers take skipped tests for green, and a stub must never look
//! better than an attempt; its type, `not_started` or `not_implemented`, still tells them apart. The scores stand in the
//! properties of the suite.

use std::time::Duration;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};
use report::{CheckResult, ExerciseResult, ExerciseStatus};

use crate::formats::plain;
use crate::model::{ClassReport, Graded};

/// The report as JUnit XML.
pub fn write(report: &ClassReport) -> String {
    let mut junit = Report::new(plain::line(report.assignment.as_deref().unwrap_or("Faultlines")));
    junit.add_test_suites(report.submissions.iter().map(suite));
    let text = junit.to_string().expect("memory takes everything");
    // An attribute of the root that newer readers know and the schema of Jenkins' xUnit plugin refuses. It stands before the
    // first suite; no name can hold it, because quotes are escaped.
    text.replacen(&format!(" skipped=\"{}\"", junit.skipped), "", 1)
}

fn suite(graded: &Graded) -> TestSuite {
    let mut suite = TestSuite::new(plain::line(&graded.name));
    suite.properties = vec![
        Property::new("score", plain::points(graded.score)),
        Property::new("max_score", plain::points(graded.max_score)),
        Property::new("trust", graded.trust.as_str()),
    ];
    let mut spent = Duration::ZERO;
    let mut add = |mut case: TestCase, time: Option<Duration>| {
        case.set_classname(plain::line(&graded.name));
        if let Some(time) = time {
            case.set_time(time);
            spent += time;
        }
        suite.add_test_case(case);
    };
    for exercise in graded.exercises() {
        if exercise.checks.is_empty() {
            add(unchecked(exercise), None);
        }
        for check in &exercise.checks {
            add(case(format!("{}::{}", exercise.id, check.name), check), Some(time(check)));
            for (number, hidden) in graded.hidden_results(&exercise.id, &check.name) {
                let name = format!("{}::{}::hidden_{number}", exercise.id, check.name);
                add(case(name, hidden), Some(time(hidden)));
            }
        }
    }
    suite.set_time(spent);
    if !graded.notes.is_empty() {
        suite.set_system_out(plain::lines(&graded.notes.join("\n")));
    }
    suite
}

fn time(check: &CheckResult) -> Duration {
    Duration::from_millis(check.millis)
}

fn case(name: String, check: &CheckResult) -> TestCase {
    if check.holds() {
        return TestCase::new(name, TestCaseStatus::success());
    }
    let story = plain::story(check);
    let message = story.lines().next().unwrap_or(check.status.as_str()).to_owned();
    TestCase::new(name, failure(check.status.as_str(), message, &story))
}

/// The one case of an exercise that no check was run for.
fn unchecked(exercise: &ExerciseResult) -> TestCase {
    let notes = plain::lines(&exercise.notes.join("\n"));
    let (name, message) = match exercise.status {
        ExerciseStatus::DoesNotCompile => ("compiles", "It does not compile.".to_owned()),
        ExerciseStatus::NotStarted => ("started", "Nothing was begun.".to_owned()),
        ExerciseStatus::Passed | ExerciseStatus::Failed => ("checked", "No check was run.".to_owned()),
    };
    let story = [plain::cut(&plain::lines(&exercise.compiler), plain::STORY_BYTES), notes].join("\n");
    let status = failure(exercise.status.as_str(), message, story.trim());
    TestCase::new(format!("{}::{name}", exercise.id), status)
}

fn failure(kind: &str, message: String, story: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    let more = !story.is_empty() && story != message;
    status.set_type(kind).set_message(message);
    if more {
        status.set_description(story);
    }
    status
}

#[cfg(test)]
mod tests;
