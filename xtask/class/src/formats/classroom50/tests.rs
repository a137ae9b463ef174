//! The file is held to the published format: its schema, and the rules across fields that its validators add in code
//! (`collect_scores.py`, `validate_result`).

use std::collections::BTreeMap;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::{Value, json};

use super::*;
use crate::formats::fixture::{self, UNLUCKY};

/// `classroom50/result/v1`, as its project describes it.
fn schema() -> Value {
    let text = json!({ "type": "string", "minLength": 1 });
    let instant = json!({ "type": "string", "pattern": "^\\d{4}-\\d\\d-\\d\\dT([01]\\d|2[0-3])(:[0-5]\\d){2}Z$" });
    let whole = json!({ "type": "integer", "minimum": 0 });
    let mut required = vec!["schema", "classroom", "assignment", "assignment_type", "owner", "submission", "commit"];
    required.extend(["release", "review", "datetime", "score", "max-score", "tests"]);
    json!({
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": {
            "schema": { "const": "classroom50/result/v1" },
            "classroom": text, "assignment": text, "owner": text, "commit": text, "release": text, "review": text,
            "assignment_type": { "enum": ["individual", "group", "team"] },
            "submission": { "type": "string", "pattern": "^submit/" },
            "datetime": instant, "graded_at": instant, "score": whole, "max-score": whole,
            "submitted_by": { "type": "object" },
            "tests": { "type": "array", "items": {
                "type": "object",
                "required": ["test-name", "passed", "score", "max-score"],
                "properties": { "test-name": text, "passed": { "type": "boolean" }, "score": whole, "max-score": whole }
            } }
        }
    })
}

fn environment() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from([
        ("CLASSROOM", "distributed-systems"),
        ("ASSIGNMENT", "homework-3"),
        ("ASSIGNMENT_TYPE", "individual"),
        ("OWNER", "ada"),
        ("SUBMISSION_TAG", "submit/2026-06-01T14-32-05Z-a1b2c3d"),
        ("COMMIT_URL", "https://github.com/x/y/commit/a1b2c3d"),
        ("RELEASE_URL", "https://github.com/x/y/releases/tag/submit%2F2026"),
        ("REVIEW_URL", "https://github.com/x/y/compare/0...a1b2c3d"),
    ])
}

fn place() -> Place {
    let environment = environment();
    Place::from_environment(|name| environment.get(name).map(|value| (*value).to_owned())).expect("all is there")
}

fn at(seconds: u64) -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(seconds)
}

fn read(graded: &Graded) -> Value {
    let text = write(graded, &place(), at(1_780_324_325), at(1_780_324_999));
    serde_json::from_str(&text).expect("it is JSON")
}

#[test]
fn every_submission_gives_a_result_of_the_published_format() {
    let validator = jsonschema::draft202012::new(&schema()).expect("the schema has no loose ends");
    for graded in fixture::class().submissions {
        let result = read(&graded);
        let errors: Vec<String> = validator.iter_errors(&result).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", graded.name);
        let number = |value: &Value, field: &str| value[field].as_u64().expect("a whole number");
        let tests = result["tests"].as_array().expect("a list");
        for field in ["score", "max-score"] {
            assert_eq!(number(&result, field), tests.iter().map(|test| number(test, field)).sum::<u64>());
        }
        assert!(tests.iter().chain([&result]).all(|it| number(it, "score") <= number(it, "max-score")));
    }
}

#[test]
fn fractions_of_points_are_written_in_hundredths_by_every_submission_alike() {
    for graded in fixture::class().submissions {
        let result = read(&graded);
        assert_eq!(result["max-score"], 2200, "a check of raft is worth 3.33 points");
        assert_eq!(result["score"], hundredths(graded.score));
    }
    let mut whole = fixture::submission(UNLUCKY);
    whole.chapters.truncate(1);
    whole.marks.truncate(1);
    let result = read(&whole);
    assert_eq!((&result["score"], &result["max-score"]), (&json!(8), &json!(12)));
}

#[test]
fn a_hidden_seed_costs_points_and_tells_nothing() {
    let result = read(&fixture::submission(UNLUCKY));
    let test = &result["tests"][1];
    assert_eq!(test["test-name"], "flaky_rpc: A charge is applied exactly once");
    assert_eq!((&test["passed"], &test["score"], &test["max-score"]), (&json!(false), &json!(0), &json!(400)));
    assert!(test.get("output").is_none());
    assert!(!result.to_string().contains("Secret"));
}

#[test]
fn what_the_runner_must_say_is_asked_for_by_name() {
    for missing in ["CLASSROOM", "ASSIGNMENT", "SUBMISSION_TAG", "COMMIT_URL", "RELEASE_URL"] {
        let mut environment = environment();
        environment.insert(missing, " ");
        let place = Place::from_environment(|name| environment.get(name).map(|value| (*value).to_owned()));
        assert!(place.expect_err("it is missing").to_string().contains(missing));
    }
}

#[test]
fn an_older_runner_says_less_and_that_is_enough() {
    let mut environment = environment();
    for name in ["OWNER", "ASSIGNMENT_TYPE", "REVIEW_URL"] {
        environment.remove(name);
    }
    environment.insert("USERNAME", "ada");
    let older = Place::from_environment(|name| environment.get(name).map(|value| (*value).to_owned()));
    assert_eq!(older, Ok(Place { review: place().commit, ..place() }));
}

#[test]
fn times_are_written_in_utc_to_the_second() {
    assert_eq!(utc(at(951_827_696) + Duration::from_millis(999)), "2000-02-29T12:34:56Z");
}

#[test]
fn a_result_looks_like_this() {
    let graded = fixture::submission(UNLUCKY);
    insta::assert_snapshot!(write(&graded, &place(), at(1_780_324_325), at(1_780_324_999)));
}
