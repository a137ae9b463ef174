use report::{ChapterResult, CheckResult, CheckStatus};

use super::*;
use crate::files::tests::Scratch;

pub(crate) fn course() -> Course {
    let text = r#"
        title = "T"
        budget = { schedule_ms = 1, exercise_ms = 1, memory_mib = 1, output_kib = 1 }
        [[chapter]]
        id = "ch01"
        title = "One"
        dir = "ch01-one"
        [[chapter.exercise]]
        id = "first"
        title = "First"
        hints = ["a", "b", "c"]
        checks = [{ name = "p", points = 2 }, { name = "q", points = 1 }]
        [[chapter.exercise]]
        id = "second"
        title = "Second"
        hints = ["a", "b", "c"]
        checks = [{ name = "r", points = 1 }]
        [[chapter]]
        id = "ch02"
        title = "Two"
        dir = "ch02-two"
    "#;
    toml::from_str(text).expect("the course of the tests is well formed")
}

pub(crate) fn summary(exercise: &str, checks: &[(&str, CheckStatus)]) -> Summary {
    let checks: Vec<CheckResult> = checks.iter().map(|(name, status)| CheckResult::new(*name, *status, "")).collect();
    let result = ExerciseResult {
        id: exercise.to_owned(),
        title: String::new(),
        status: ExerciseStatus::of(&checks),
        points: Points { earned: 1, possible: 3 },
        checks,
        compiler: String::new(),
        notes: Vec::new(),
    };
    let chapter = ChapterResult { id: "ch01".to_owned(), title: String::new(), passed: false, exercises: vec![result] };
    Summary::new(vec![chapter], 2)
}

pub(crate) const BOTH: [(&str, CheckStatus); 2] = [("p", CheckStatus::Holds), ("q", CheckStatus::Holds)];

#[test]
fn results_survive_from_one_run_to_the_next() {
    let scratch = Scratch::new("progress-survives");
    let sources = Sources::now(&scratch.0, &course());
    assert!(record(&scratch.0, &course(), &sources, &summary("first", &BOTH)).is_empty());
    let (progress, note) = Progress::load(&scratch.0);
    assert_eq!(note, None);
    assert_eq!(progress.status("first"), ExerciseStatus::Passed);
    assert_eq!(progress.status("second"), ExerciseStatus::NotStarted);
}

#[test]
fn a_run_of_one_promise_changes_nothing() {
    let mut progress = Progress::default();
    progress.take(&course(), &Sources::default(), &summary("first", &BOTH[..1]), 7);
    assert_eq!(progress, Progress::default());
}

#[test]
fn an_exercise_that_does_not_compile_is_kept_without_checks() {
    let mut broken = summary("first", &[]);
    broken.chapters[0].exercises[0].status = ExerciseStatus::DoesNotCompile;
    let mut progress = Progress::default();
    progress.take(&course(), &Sources::default(), &broken, 7);
    assert_eq!(progress.status("first"), ExerciseStatus::DoesNotCompile);
}

#[test]
fn hints_are_kept_when_a_run_is_recorded() {
    let mut progress = Progress::default();
    progress.set_hints("first", 2);
    progress.take(&course(), &Sources::default(), &summary("first", &BOTH), 7);
    assert_eq!(progress.entry("first").hints, 2);
}

#[test]
fn the_exercise_at_hand_is_the_first_that_has_not_passed() {
    let (course, mut progress) = (course(), Progress::default());
    let at_hand = |progress: &Progress| progress.at_hand(&course).map(|(_, exercise)| exercise.id.clone());
    assert_eq!(at_hand(&progress).as_deref(), Some("first"));
    progress.take(&course, &Sources::default(), &summary("first", &BOTH), 7);
    assert_eq!(at_hand(&progress).as_deref(), Some("second"));
    assert_eq!(progress.chapters_passed(&course), 0);
    progress.take(&course, &Sources::default(), &summary("second", &[("r", CheckStatus::Holds)]), 7);
    assert_eq!(at_hand(&progress), None);
    assert_eq!(progress.chapters_passed(&course), 1, "a chapter without exercises can't pass");
}

#[test]
fn a_damaged_or_newer_file_is_put_aside_and_told() {
    for text in ["{ not json", r#"{"schema":"faultlines/progress/v9","exercises":[]}"#, "\u{fffd}"] {
        let scratch = Scratch::new("progress-damaged");
        scratch.write(".faultlines/progress.json", text);
        let (progress, note) = Progress::load(&scratch.0);
        assert_eq!(progress, Progress::default());
        assert!(note.expect("the learner is told").contains("It is now"), "{text}");
        let names: Vec<_> = fs::read_dir(scratch.0.join(FOLDER)).unwrap().flatten().map(|e| e.path()).collect();
        let [aside] = &names[..] else { panic!("only the file put aside is left: {names:?}") };
        assert_eq!(fs::read_to_string(aside).unwrap(), text);
    }
}

#[test]
fn a_folder_that_cannot_be_written_is_a_warning() {
    let scratch = Scratch::new("progress-read-only");
    scratch.write(".faultlines", "a file where the folder should be");
    let warnings = record(&scratch.0, &course(), &Sources::default(), &summary("first", &BOTH));
    assert!(warnings.iter().any(|warning| warning.starts_with("progress is not kept")), "{warnings:?}");
}

#[test]
fn the_fingerprint_changes_with_any_file_of_the_exercise_and_with_no_other() {
    let scratch = Scratch::new("fingerprint");
    let now = || fingerprint(&scratch.0, "first");
    let missing = now();
    scratch.write("first.rs", "a");
    let one = now();
    assert_ne!(missing, one);
    scratch.write("second.rs", "a");
    assert_eq!(now(), one);
    scratch.write("first/deep/part.rs", "b");
    let two = now();
    assert_ne!(one, two);
    scratch.write("first/deep/part.rs", "c");
    assert_ne!(now(), two);
}

#[test]
fn the_bar_has_a_place_for_every_chapter() {
    assert_eq!(bar(3, 10), "[###-------] 3 of 10 chapters");
    assert_eq!(bar(0, 10), "[----------] 0 of 10 chapters");
    assert_eq!(bar(10, 10), "[##########] 10 of 10 chapters");
}
