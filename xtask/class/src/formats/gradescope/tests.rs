//! The results are read as Gradescope's documentation of them says, and as a student would who wants to know what they
//! should not.

use serde_json::Value;

use super::*;
use crate::formats::fixture::{self, UNLUCKY};
use crate::model::{ClassReport, sum};

fn read(graded: &Graded, hidden: Visibility) -> Value {
    serde_json::from_str(&write(graded, hidden)).expect("it is JSON")
}

fn tests(results: &Value) -> &[Value] {
    results["tests"].as_array().expect("there are tests")
}

fn total(tests: &[&Value], field: &str) -> f64 {
    sum(tests.iter().map(|test| test[field].as_f64().expect("points are numbers")))
}

/// The specification, as a schema: which fields there are, of which type, with which values.
fn schema() -> Value {
    let format = json!({ "enum": ["text", "html", "simple_format", "md", "ansi"] });
    let visibility = json!({ "enum": ["hidden", "after_due_date", "after_published", "visible"] });
    let points = json!({ "type": "number" });
    json!({
        "type": "object",
        "additionalProperties": false,
        "anyOf": [{ "required": ["score"] }, { "required": ["tests"], "properties": { "tests": { "minItems": 1 } } }],
        "properties": {
            "score": points,
            "execution_time": points,
            "output": { "type": "string" },
            "output_format": format,
            "test_output_format": format,
            "test_name_format": format,
            "visibility": visibility,
            "stdout_visibility": visibility,
            "extra_data": { "type": "object" },
            "tests": { "type": "array", "items": {
                "type": "object",
                "additionalProperties": false,
                "required": ["score", "max_score", "status", "name", "output", "output_format", "visibility"],
                "properties": {
                    "score": points,
                    "max_score": points,
                    "status": { "enum": ["passed", "failed"] },
                    "name": { "type": "string", "minLength": 1 },
                    "name_format": format,
                    "number": { "type": "string" },
                    "output": { "type": "string" },
                    "output_format": format,
                    "tags": { "type": "array", "items": { "type": "string" } },
                    "visibility": visibility,
                    "extra_data": { "type": "object" }
                }
            } }
        }
    })
}

#[test]
fn every_submission_gives_results_as_specified() {
    let validator = jsonschema::draft202012::new(&schema()).expect("the schema has no loose ends");
    for graded in fixture::class().submissions {
        let results = read(&graded, Visibility::AfterPublished);
        let errors: Vec<String> = validator.iter_errors(&results).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", graded.name);
    }
    let mut nothing = fixture::submission(UNLUCKY);
    (nothing.chapters, nothing.marks, nothing.hidden) = (Vec::new(), Vec::new(), Vec::new());
    assert!(validator.is_valid(&read(&nothing, Visibility::Hidden)), "an assignment without exercises");
    assert!(!validator.is_valid(&json!({ "output": "no score at all", "tests": [] })));
}

#[test]
fn the_points_of_the_tests_add_up_to_the_score() {
    for graded in fixture::class().submissions {
        let results = read(&graded, Visibility::Hidden);
        let all: Vec<&Value> = tests(&results).iter().collect();
        assert_eq!(total(&all, "score"), graded.score, "{}", graded.name);
        assert_eq!(total(&all, "max_score"), graded.max_score, "{}", graded.name);
        assert!(results.get("score").is_none(), "a total would say what hidden tests do");
    }
}

/// What a student sees before anything is published.
fn seen_at_once(graded: &Graded) -> Vec<Value> {
    let results = read(graded, Visibility::AfterPublished);
    let mut seen: Vec<Value> = tests(&results).iter().filter(|test| test["visibility"] == "visible").cloned().collect();
    seen.push(results["output"].clone());
    seen.push(results["extra_data"].clone());
    seen
}

#[test]
fn what_is_visible_depends_on_visible_results_alone() {
    let unlucky = fixture::submission(UNLUCKY);
    let mut lucky = unlucky.clone();
    lucky.hidden[1] = crate::model::Hidden { number: 2, ..lucky.hidden[0].clone() };
    lucky.marks = unlucky.for_learner().marks;
    lucky.score = unlucky.for_learner().score;
    assert!(unlucky.score < lucky.score, "the hidden seed costs points");
    assert_eq!(seen_at_once(&unlucky), seen_at_once(&lucky));
    assert!(!serde_json::to_string(&seen_at_once(&unlucky)).expect("JSON").contains("Secret"));
}

#[test]
fn the_points_a_hidden_seed_costs_are_lost_on_a_hidden_test() {
    let results = read(&fixture::submission(UNLUCKY), Visibility::AfterDueDate);
    let lost: Vec<&Value> = tests(&results)
        .iter()
        .filter(|test| test["status"] == "failed" && test["visibility"] == "after_due_date")
        .collect();
    assert_eq!(lost.len(), 1);
    assert_eq!(lost[0]["name"], "flaky_rpc: A charge is applied exactly once (with hidden seeds)");
    assert_eq!((total(&lost, "score"), total(&lost, "max_score")), (0.0, 4.0));
    assert!(lost[0]["output"].as_str().expect("text").starts_with("Hidden seed 2: violated\n\nSecret: "));
}

#[test]
fn everything_is_shown_as_plain_text() {
    for graded in fixture::class().submissions {
        let results = read(&graded, Visibility::Visible);
        for field in ["output_format", "test_output_format", "test_name_format"] {
            assert_eq!(results[field], "text");
        }
        for test in tests(&results) {
            assert_eq!((test["name_format"].as_str(), test["output_format"].as_str()), (Some("text"), Some("text")));
            let shown = format!("{}{}", test["name"].as_str().expect("text"), test["output"].as_str().expect("text"));
            assert!(!shown.contains(|c: char| c.is_control() && c != '\n' && c != '\t'), "{shown:?}");
        }
    }
}

#[test]
fn a_story_is_told_where_the_student_looks() {
    let ClassReport { submissions, .. } = fixture::class();
    let results = read(&submissions[4], Visibility::Hidden);
    let broken = tests(&results).iter().find(|test| test["status"] == "failed").expect("it breaks a promise");
    let output = broken["output"].as_str().expect("text");
    for part in ["charged 1,000 cents instead", "the reply to attempt 1 is lost", "──── ✗ lost", "cargo xtask replay "]
    {
        assert!(output.contains(part), "{part} is missing:\n{output}");
    }
    assert!(!write(&submissions[4], Visibility::Hidden).contains("/home/teacher"));
}

#[test]
fn results_look_like_this() {
    let mut texts = Vec::new();
    for graded in [fixture::submission(UNLUCKY), fixture::class().submissions[3].clone()] {
        texts.push(write(&graded, Visibility::AfterPublished));
    }
    insta::assert_snapshot!(texts.join("\n"));
}
