use report::{CheckResult, CheckStatus, Points};

use super::*;
use crate::tests::course;
use crate::work::{Part, Verdict};

const HOMEWORK: &str =
    "title = \"Homework\"\n[[exercise]]\nid = \"second\"\npoints = 8\n[hidden]\nseeds = [710, 1234]\n";

fn homework() -> Assignment {
    Assignment::parse("hw.toml", HOMEWORK, &course()).expect("it is well-formed")
}

/// Everything holds, or nothing does.
fn result(holds: bool) -> ExerciseResult {
    let status = if holds { CheckStatus::Holds } else { CheckStatus::Violated };
    let set = homework().exercises.remove(0);
    let checks: Vec<CheckResult> = set.checks.iter().map(|check| CheckResult::new(&check.name, status, "")).collect();
    ExerciseResult {
        id: set.id,
        title: String::new(),
        status: ExerciseStatus::of(&checks),
        points: Points::default(),
        checks,
        compiler: String::new(),
        notes: Vec::new(),
    }
}

fn whole(results: [bool; 3]) -> Whole {
    let verdict = Verdict { trust: Trust::Isolated, results: results.map(result).to_vec() };
    let part = Part { submission: "ada".to_owned(), exercise: "second".to_owned(), source: Source::Missing, verdict };
    Whole { name: "ada".to_owned(), notes: vec!["a note".to_owned()], parts: vec![part] }
}

#[test]
fn the_plan_says_how_many_hidden_seeds_there_are_and_not_which() {
    let json = serde_json::to_string(&Plan::of(&homework())).expect("a plan has only string keys");
    assert!(!json.contains("710") && !json.contains("1234"), "{json}");
    let plan = Plan::read(&serde_json::from_str(&json).expect("it was just written")).expect("it is a plan");
    let again = plan.assignment(&course()).expect("the course has its exercises");
    assert_eq!(again.hidden.seeds.len(), 2);
    assert_eq!((again.title.as_deref(), again.exercises[0].points), (Some("Homework"), 8.0));
}

#[test]
fn a_plan_of_another_course_is_refused() {
    let mut plan = Plan::of(&homework());
    plan.exercises[0].id = "seconds".to_owned();
    assert!(plan.assignment(&course()).is_err());
    assert!(Plan::read(&Value::Null).is_err_and(|error| error.to_string().contains("another version of the course")));
}

#[test]
fn a_hidden_seed_that_breaks_everything_takes_the_points_and_leaves_the_usual_results() {
    let score = |results| graded(&whole(results), &course(), &homework()).score;
    assert_eq!(score([true, true, true]), 8.0);
    assert_eq!(score([true, true, false]), 0.0);
    assert_eq!(score([false, true, true]), 0.0);
    let graded = graded(&whole([true, true, false]), &course(), &homework());
    assert_eq!(graded.hidden.iter().map(|hidden| hidden.number).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(graded.chapters[0].exercises, [result(true)]);
    assert_eq!(graded.hidden[1].chapters[0].exercises, [result(false)]);
    assert_eq!((graded.max_score, graded.notes), (8.0, vec!["a note".to_owned()]));
}

#[test]
fn a_chapter_of_which_only_a_part_was_set_is_not_passed() {
    let chapters = chapters(&whole([true, true, true]), &course(), 0);
    assert_eq!(chapters.len(), 1, "chapters of which nothing was set are left out");
    assert!(!chapters[0].passed);
}

#[test]
fn what_every_compiler_may_read_is_no_place_for_a_course() {
    let (usr, home) = (PathBuf::from("/usr/src/course"), PathBuf::from("/home/ada/course"));
    let told = not_exposed([Some(&home), Some(&usr), None]).expect_err("it is exposed").to_string();
    assert!(told.starts_with("/usr/src/course lies in") && told.contains("Move the course"), "{told}");
    assert!(not_exposed([Some(&home), Some(&home), None]).is_ok());
}

#[test]
fn results_are_called_after_the_file_or_the_folder() {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    assert_eq!(name_of(&here.join("Cargo.toml")), "Cargo");
    assert_eq!(name_of(&here.join("src").join("..")), here.file_name().expect("it has a name").to_string_lossy());
}

#[test]
fn the_fingerprint_of_the_course_is_that_of_what_judges() {
    let mut files = Vec::new();
    let root = xtask::checkout::root().expect("tests run in a checkout");
    collect(&root.join("harness"), &mut files);
    let has = |path: &str| files.contains(&root.join(path));
    assert!(has("harness/report/src/verdict.rs") && has("harness/Cargo.toml"));
    assert!(!files.iter().any(|path| path.components().any(|part| part.as_os_str() == "target")));
}
