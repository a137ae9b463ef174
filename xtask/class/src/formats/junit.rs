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
use report::CheckResult;

use crate::formats::items::{Item, items};
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
    let name = plain::line(&graded.name);
    let mut suite = TestSuite::new(&name);
    suite.properties = vec![
        Property::new("score", plain::points(graded.score)),
        Property::new("max_score", plain::points(graded.max_score)),
        Property::new("trust", graded.trust.as_str()),
    ];
    let cases = items(graded).into_iter().flat_map(|item| cases(graded, &item));
    let mut spent = Duration::ZERO;
    for (mut case, millis) in cases {
        let time = Duration::from_millis(millis);
        case.set_classname(&name).set_time(time);
        suite.add_test_case(case);
        spent += time;
    }
    suite.set_time(spent);
    if !graded.notes.is_empty() {
        suite.set_system_out(plain::lines(&graded.notes.join("\n")));
    }
    suite
}

/// An item with the usual seed and with each hidden one, with the milliseconds they took.
fn cases(graded: &Graded, item: &Item<'_>) -> Vec<(TestCase, u64)> {
    let name = format!("{}::{}", plain::line(&item.exercise.id), item.name);
    let of_check = |name: String, check: &CheckResult| {
        let story = if check.holds() { String::new() } else { plain::story(check) };
        (TestCase::new(name, status(check.holds(), check.status.as_str(), &story)), check.millis)
    };
    let check = item.exercise.checks.iter().find(|check| check.name == item.name);
    let usual = match check {
        Some(check) => of_check(name.clone(), check),
        None => (TestCase::new(&name, status(false, item.verdict, &item.story)), item.millis),
    };
    let hidden = graded.hidden_results(&item.exercise.id, &item.name);
    let hidden = hidden.map(|(number, check)| of_check(format!("{name}::hidden_{number}"), check));
    std::iter::once(usual).chain(hidden).collect()
}

/// A failure of that kind, its message the first line of its story.
fn status(holds: bool, kind: &str, story: &str) -> TestCaseStatus {
    if holds {
        return TestCaseStatus::success();
    }
    let message = story.lines().next().unwrap_or(kind);
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(kind).set_message(message);
    if story.len() > message.len() {
        status.set_description(story);
    }
    status
}

#[cfg(test)]
mod tests;
