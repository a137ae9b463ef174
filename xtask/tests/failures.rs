//! What a failure looks like, for the first mutant of every exercise: the report is what teaches, so a change in it is
//! looked at before it is accepted (`cargo insta review`, or `INSTA_UPDATE=always cargo test -p xtask --test failures`).
//!
//! The mutants are graded as a submission is, in a folder of their own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use report::Summary;
use serde::Deserialize;
use xtask::{Context, Course, Paint, checkout, show};

fn context() -> Context {
    let root = checkout::root().expect("tests run in a checkout");
    let course = Course::load(&root).expect("our own course.toml is well-formed");
    Context { root, course, paint: Paint::plain() }
}

#[derive(Deserialize)]
struct Mutants {
    mutant: Vec<Mutant>,
}

#[derive(Deserialize)]
struct Mutant {
    name: String,
    caught_by: String,
    replace: String,
    with: String,
}

/// The first mutant of an exercise.
fn first_mutant(root: &Path, chapter: &str, id: &str) -> Mutant {
    let path = root.join("harness/mutants").join(chapter).join(format!("{id}.toml"));
    let text = fs::read_to_string(&path).expect("every exercise has mutants");
    let mutants: Mutants = toml::from_str(&text).expect("our own mutants are well-formed");
    mutants.mutant.into_iter().next().expect("every exercise has mutants")
}

/// A folder shaped like `exercises/`, with the first mutant of every exercise; and these mutants with their exercises.
fn folder(context: &Context) -> (PathBuf, Vec<(String, Mutant)>) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("first_mutants");
    let mut mutants = Vec::new();
    for chapter in &context.course.chapters {
        let src = folder.join(&chapter.dir).join("src");
        fs::create_dir_all(&src).expect("the target folder is writable");
        for exercise in &chapter.exercises {
            let mutant = first_mutant(&context.root, &chapter.id, &exercise.id);
            let solution = context.root.join("solutions").join(&chapter.dir).join(format!("src/{}.rs", exercise.id));
            let text = fs::read_to_string(solution).expect("every exercise has a solution");
            fs::write(src.join(format!("{}.rs", exercise.id)), text.replacen(&mutant.replace, &mutant.with, 1))
                .expect("the target folder is writable");
            mutants.push((exercise.id.clone(), mutant));
        }
    }
    (folder, mutants)
}

#[test]
fn the_first_mutant_of_every_exercise_fails_in_words_that_were_agreed_upon() {
    let context = context();
    let (folder, mutants) = folder(&context);
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(["check", "--json", "--root"])
        .arg(&folder)
        .output()
        .expect("xtask starts");
    let summary: Summary = serde_json::from_slice(&output.stdout).expect("check --json prints one JSON object");
    for (id, mutant) in mutants {
        let exercise = summary.exercises().find(|exercise| exercise.id == id).expect("every exercise is graded");
        let check = exercise.checks.iter().find(|check| check.name == mutant.caught_by);
        let check = check.unwrap_or_else(|| panic!("{id} does not compile: {}", exercise.compiler));
        insta::assert_snapshot!(format!("{id}__{}", mutant.name), show::story(&context, exercise, check));
    }
}
