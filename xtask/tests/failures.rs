//! What a failure looks like, for the first mutant of every exercise: the report is what teaches, so a change in it is
//! looked at before it is accepted (`cargo insta review`, or `INSTA_UPDATE=always cargo test -p xtask --test failures`).

use std::process::Command;

use report::{CheckResult, ExerciseResult, ExerciseStatus, Points};
use serde_json::Value;
use xtask::{Context, Course, Paint, checkout, show};

fn context() -> Context {
    let root = checkout::root().expect("tests run in a checkout");
    let course = Course::load(&root).expect("our own course.toml is well-formed");
    Context { root, course, paint: Paint::plain() }
}

/// What `cargo xtask prove --seeds 1 --json` says of every exercise.
fn proofs() -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["prove", "--seeds", "1", "--json"])
        .output()
        .expect("xtask starts");
    let mut proof: Value = serde_json::from_slice(&output.stdout).expect("prove --json prints one JSON object");
    match proof["exercises"].take() {
        Value::Array(exercises) => exercises,
        other => panic!("`exercises` is a list, not {other}"),
    }
}

#[test]
fn the_first_mutant_of_every_exercise_fails_in_words_that_were_agreed_upon() {
    let context = context();
    let proofs = proofs();
    let written: usize = context.course.chapters.iter().map(|chapter| chapter.exercises.len()).sum();
    assert_eq!(proofs.len(), written, "every exercise of the course is proved");
    for proof in proofs {
        let id = proof["id"].as_str().expect("an exercise has an id").to_owned();
        let mutant = &proof["mutants"][0];
        let name = mutant["name"].as_str().expect("a mutant has a name");
        let check: CheckResult = serde_json::from_value(mutant["result"].clone()).expect("a mutant has a result");
        let exercise = ExerciseResult {
            id: id.clone(),
            title: String::new(),
            status: ExerciseStatus::Failed,
            points: Points::default(),
            checks: Vec::new(),
            compiler: String::new(),
            notes: Vec::new(),
        };
        insta::assert_snapshot!(format!("{id}__{name}"), show::story(&context, &exercise, &check));
    }
}
