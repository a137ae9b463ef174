//! `results.json` of Gradescope's autograder, for one submission.
//!
//! Follows <https://gradescope-autograders.readthedocs.io/en/latest/specs/>. Every text is marked as `text`: that is the one
//! format whose content Gradescope shows as it is, in a fixed width, so a diagram stays one and what a submission printed
//! stays words.
//!
//! No total is written: Gradescope adds up the tests, and a total next to tests that a student can't see would tell what
//! they say. For the same reason a visible test never loses points to a hidden one. Where an assignment has hidden seeds, a
//! check that fails with the usual one has its points, none of them earned, on the visible test. One that holds carries none
//! there; its points are on a second test with the assignment's visibility, and earned if it holds with the hidden seeds too.
//! So what is visible depends on visible results alone, and the sums are right with and without the hidden tests.

use serde::Serialize;
use serde_json::{Value, json};

use crate::assignment::Visibility;
use crate::formats::items::{Item, items};
use crate::formats::plain;
use crate::model::{Graded, Trust};

#[derive(Serialize)]
struct Results {
    /// Only without tests, which then have no sum.
    #[serde(skip_serializing_if = "Option::is_none")]
    score: Option<f64>,
    output: String,
    output_format: &'static str,
    test_output_format: &'static str,
    test_name_format: &'static str,
    visibility: Visibility,
    stdout_visibility: Visibility,
    extra_data: Value,
    tests: Vec<Test>,
}

#[derive(Serialize)]
struct Test {
    score: f64,
    max_score: f64,
    status: &'static str,
    name: String,
    name_format: &'static str,
    number: String,
    output: String,
    output_format: &'static str,
    tags: Vec<String>,
    visibility: Visibility,
    extra_data: Value,
}

/// The results of a submission as `results.json`; what hidden seeds decided is shown to students as `hidden` says.
pub fn write(graded: &Graded, hidden: Visibility) -> String {
    let view = graded.for_learner();
    let mut tests = Vec::new();
    for (shown, real) in items(&view).iter().zip(items(graded)) {
        let decided_later = !graded.hidden.is_empty() && shown.holds;
        tests.push(visible(shown, decided_later));
        if decided_later {
            tests.push(with_hidden_seeds(graded, &real, hidden));
        }
    }
    let results = Results {
        score: tests.is_empty().then_some(graded.score),
        output: opening(&view),
        output_format: "text",
        test_output_format: "text",
        test_name_format: "text",
        visibility: Visibility::Visible,
        // What grading prints is for the instructor.
        stdout_visibility: Visibility::Hidden,
        extra_data: json!({ "trust": graded.trust.as_str() }),
        tests,
    };
    let mut text = serde_json::to_string_pretty(&results).expect("results have only string keys");
    text.push('\n');
    text
}

/// What concerns the whole submission.
fn opening(view: &Graded) -> String {
    let mut lines: Vec<String> = view.notes.iter().map(|note| plain::lines(note).trim_end().to_owned()).collect();
    if view.trust == Trust::Unsandboxed {
        lines.push("This was graded without a jail round the submission.".to_owned());
    }
    if lines.is_empty() {
        lines.push("Each test below is a promise that your code has to keep.".to_owned());
    }
    lines.join("\n\n")
}

fn visible(item: &Item<'_>, decided_later: bool) -> Test {
    let (score, max_score) = if decided_later { (0.0, 0.0) } else { (item.score, item.max_score) };
    let output = match (item.holds, decided_later) {
        (true, true) => "It holds. Its points depend on other schedules as well.".to_owned(),
        (true, false) => String::new(),
        (false, _) => item.story.clone(),
    };
    test(item, item.title(), format!("{}.{}", item.number.0, item.number.1), (score, max_score), output, item.holds)
}

/// The test that decides about the points of a check that holds with the usual seed.
fn with_hidden_seeds(graded: &Graded, item: &Item<'_>, visibility: Visibility) -> Test {
    let results = graded.hidden_results(&item.exercise.id, &item.name);
    let failed = results.filter(|(_, check)| !check.holds());
    let stories: Vec<String> = failed
        .map(|(number, check)| format!("Hidden seed {number}: {}\n\n{}", check.status.as_str(), plain::story(check)))
        .collect();
    let output = plain::cut(stories.join("\n\n").trim_end(), plain::STORY_BYTES);
    let number = format!("{}.{}h", item.number.0, item.number.1);
    let name = format!("{} (with hidden seeds)", item.title());
    let test = test(item, name, number, (item.score, item.max_score), output, item.holds);
    let verdict = if item.holds { "holds" } else { "fails" };
    let extra_data = json!({ "check": path(item), "hidden_seeds": verdict });
    Test { visibility, extra_data, ..test }
}

fn test(item: &Item<'_>, name: String, number: String, points: (f64, f64), output: String, passed: bool) -> Test {
    Test {
        score: points.0,
        max_score: points.1,
        status: if passed { "passed" } else { "failed" },
        name,
        name_format: "text",
        number,
        output,
        output_format: "text",
        tags: vec![plain::line(&item.exercise.id)],
        visibility: Visibility::Visible,
        extra_data: json!({ "check": path(item), "verdict": item.verdict }),
    }
}

fn path(item: &Item<'_>) -> String {
    format!("{}/{}", plain::line(&item.exercise.id), item.name)
}

#[cfg(test)]
mod tests;
