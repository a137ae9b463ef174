use std::fs;

use super::*;
use crate::fakes::{EXERCISES, header, part, submission};
use crate::tests::Scratch;
use crate::work::{Source, Submission};

fn class() -> Vec<Submission> {
    ["Zoë", "ada", "bob smith"].map(submission).to_vec()
}

fn begin(folder: &Path, resume: bool, header: Header, class: &[Submission]) -> Result<(Store, Kept), String> {
    let claim = Claim::take(folder, resume).map_err(|failure| failure.to_string())?;
    claim.begin(header, class).map_err(|failure| failure.to_string())
}

/// A run over the class that keeps the first `count` verdicts.
fn run_of(folder: &Path, resume: bool, class: &[Submission], count: usize) -> Results {
    let (store, _) = begin(folder, resume, header(class), class).expect("the folder can be used");
    let parts = class.iter().flat_map(|one| EXERCISES.map(|exercise| part(one, exercise)));
    parts.take(count).for_each(|part| store.keep(&part).expect("the folder is writable"));
    store.finish().expect("the folder is writable")
}

fn kept(folder: &Path, class: &[Submission]) -> Kept {
    begin(folder, true, header(class), class).expect("the folder can be used").1
}

#[test]
fn what_was_kept_is_read_back_in_the_order_of_names_and_exercises() {
    let scratch = Scratch::new("store-order");
    let class = class();
    let (store, _) = begin(&scratch.0, false, header(&class), &class).expect("the folder is empty");
    for one in class.iter().rev() {
        for exercise in EXERCISES.iter().rev() {
            store.keep(&part(one, exercise)).expect("the folder is writable");
        }
    }
    let expected: Vec<Part> = class.iter().flat_map(|one| EXERCISES.map(|exercise| part(one, exercise))).collect();
    let results = store.finish().expect("the folder is writable");
    assert_eq!(results.parts, expected);
    assert_eq!(load(&scratch.0).expect("results are there"), results);
    assert_eq!(load(&scratch.0.join(BUNDLE)).expect("the one file is there"), results);
}

#[test]
fn a_folder_of_which_only_the_one_file_was_kept_has_the_same_results() {
    let (scratch, archive) = (Scratch::new("store-one-file"), Scratch::new("store-archive"));
    let results = run_of(&scratch.0, false, &class(), 6);
    fs::copy(scratch.0.join(BUNDLE), archive.0.join(BUNDLE)).expect("both are ours");
    assert_eq!(load(&archive.0).expect("the one file is there"), results);
}

#[test]
fn results_that_are_not_complete_have_no_one_file() {
    let scratch = Scratch::new("store-incomplete");
    let results = run_of(&scratch.0, false, &class(), 3);
    assert_eq!(results.missing(), [("ada", "second"), ("bob smith", "first"), ("bob smith", "second")]);
    assert!(!scratch.0.join(BUNDLE).exists());
    let (wholes, others) = results.wholes();
    assert_eq!(wholes.iter().map(|whole| whole.name.as_str()).collect::<Vec<_>>(), ["Zoë"]);
    assert_eq!(others, ["ada", "bob smith"]);
}

#[test]
fn a_run_that_was_stopped_is_neither_overwritten_nor_resumed_unasked() {
    let scratch = Scratch::new("store-stopped");
    run_of(&scratch.0, false, &class(), 3);
    let refused = begin(&scratch.0, false, header(&class()), &class()).expect_err("there are results");
    assert!(refused.contains("Add --resume"), "{refused}");
    assert_eq!(kept(&scratch.0, &class()).verdicts.len(), 3);
}

#[test]
fn complete_results_are_put_aside_when_a_new_run_begins() {
    let scratch = Scratch::new("store-aside");
    let results = run_of(&scratch.0, false, &class(), 6);
    let (store, found) = begin(&scratch.0, false, header(&class()), &class()).expect("they are put aside");
    assert!(found.verdicts.is_empty(), "a new run begins from nothing");
    let [note] = &found.notes[..] else { panic!("{found:?}") };
    let aside = fs::read_dir(scratch.0.join(EARLIER)).expect("it was made").flatten().next().expect("one is in it");
    assert!(note.contains(&aside.path().display().to_string()), "{note}");
    assert_eq!(load(&aside.path()).expect("they are whole"), results);
    drop(store);
    run_of(&scratch.0, true, &class(), 6);
    drop(begin(&scratch.0, false, header(&class()), &class()).expect("once more in the same second"));
    assert_eq!(fs::read_dir(scratch.0.join(EARLIER)).expect("it was made").count(), 2);
}

#[test]
fn a_verdict_counts_only_for_the_source_it_was_given_on() {
    let scratch = Scratch::new("store-changed");
    let mut class = class();
    run_of(&scratch.0, false, &class, 6);
    class[1].answers[0].source = Source::Text("something new".to_owned());
    class[2].answers[1].source = Source::Missing;
    let found = kept(&scratch.0, &class);
    assert_eq!((found.verdicts.len(), found.outdated), (4, 2));
    assert!(!found.verdicts.contains(&("ada".to_owned(), "first".to_owned())));
    // The old verdict is nobody's result any more, not even until the new one is there.
    assert_eq!(load(&scratch.0).expect("results are there").missing(), [("ada", "first"), ("bob smith", "second")]);
}

#[test]
fn somebody_who_hands_in_late_is_added_to_a_finished_run() {
    let scratch = Scratch::new("store-late");
    let mut class = class();
    run_of(&scratch.0, false, &class, 6);
    class.push(submission("zz-late"));
    assert_eq!(kept(&scratch.0, &class).verdicts.len(), 6);
    assert!(!scratch.0.join(BUNDLE).exists(), "the results are not complete any more");
    assert_eq!(run_of(&scratch.0, true, &class, 8).missing(), []);
}

#[test]
fn a_torn_file_is_told_and_graded_again_wherever_it_is_torn() {
    let class = class();
    let scratch = Scratch::new("store-torn");
    run_of(&scratch.0, false, &class, 6);
    let path = part_path(&scratch.0, "ada", "first");
    let whole = fs::read(&path).expect("it was kept");
    for length in (0..whole.len() - 1).step_by(7) {
        fs::write(&path, &whole[..length]).expect("the folder is writable");
        let found = kept(&scratch.0, &class);
        assert_eq!(found.verdicts.len(), 5, "cut to {length} bytes");
        let [note] = &found.notes[..] else { panic!("{found:?}") };
        assert!(note.contains("is damaged; it is graded again"), "{note}");
    }
    assert_eq!(run_of(&scratch.0, true, &class, 1).missing(), [("ada", "first")]);
}

#[test]
fn a_file_that_is_about_somebody_else_does_not_count() {
    let class = class();
    let scratch = Scratch::new("store-swapped");
    run_of(&scratch.0, false, &class, 6);
    fs::copy(part_path(&scratch.0, "Zoë", "first"), part_path(&scratch.0, "ada", "first")).expect("both are ours");
    let found = kept(&scratch.0, &class);
    assert_eq!(found.verdicts.len(), 5);
    assert!(found.notes[0].contains("about something else"), "{found:?}");
}

#[test]
fn a_verdict_of_another_run_does_not_count() {
    let class = class();
    let (scratch, other) = (Scratch::new("store-foreign"), Scratch::new("store-foreign-other"));
    run_of(&scratch.0, false, &class, 6);
    let mut changed = header(&class);
    changed.identity.seed = Some(7);
    let (store, _) = begin(&other.0, false, changed, &class).expect("the folder is empty");
    store.keep(&part(&class[1], "first")).expect("the folder is writable");
    fs::copy(part_path(&other.0, "ada", "first"), part_path(&scratch.0, "ada", "first")).expect("both are ours");
    let found = kept(&scratch.0, &class);
    assert_eq!(found.verdicts.len(), 5);
    assert!(found.notes[0].contains("belongs to another run"), "{found:?}");
}

#[test]
fn results_of_another_identity_are_not_resumed_and_stay_as_they_are() {
    let class = class();
    let scratch = Scratch::new("store-identity");
    let results = run_of(&scratch.0, false, &class, 6);
    type Change = fn(&mut Identity);
    let change: [(Change, &str); 4] = [
        (|identity| identity.course.push('x'), "another version of the course"),
        (|identity| identity.assignment.push('x'), "another assignment"),
        (|identity| identity.seed = Some(1), "another seed"),
        (|identity| identity.jailed = false, "--allow-unsandboxed"),
    ];
    for (change, words) in change {
        let mut header = header(&class);
        change(&mut header.identity);
        let refused = begin(&scratch.0, true, header, &class).expect_err("they are another's");
        assert!(refused.contains(words) && refused.contains("--out DIR"), "{refused}");
        assert_eq!(load(&scratch.0).expect("they are still there"), results);
    }
}

#[test]
fn new_points_need_no_new_verdicts() {
    let class = class();
    let scratch = Scratch::new("store-points");
    run_of(&scratch.0, false, &class, 6);
    let header = Header { plan: serde_json::json!({"title": "Homework", "points": 9}), ..header(&class) };
    let (store, found) = begin(&scratch.0, true, header.clone(), &class).expect("verdicts don't depend on points");
    assert_eq!(found.verdicts.len(), 6);
    assert_eq!(store.finish().expect("the folder is writable").header, header);
}

#[test]
fn a_damaged_header_costs_no_verdict() {
    let class = class();
    let scratch = Scratch::new("store-header");
    run_of(&scratch.0, false, &class, 6);
    fs::write(scratch.0.join(HEADER), "{").expect("the folder is writable");
    let found = kept(&scratch.0, &class);
    assert_eq!(found.verdicts.len(), 6);
    assert!(found.notes[0].contains("is damaged and is written anew"), "{found:?}");
}

#[test]
fn two_runs_do_not_share_a_folder() {
    let scratch = Scratch::new("store-lock");
    let first = Claim::take(&scratch.0, false).expect("the folder is empty");
    let refused = Claim::take(&scratch.0, true).expect_err("it is taken").to_string();
    assert!(refused.contains("Another run is using") && refused.contains(&std::process::id().to_string()), "{refused}");
    drop(first);
    Claim::take(&scratch.0, true).expect("it is free again");
}

#[test]
fn a_folder_with_something_else_in_it_is_left_alone() {
    let scratch = Scratch::new("store-strange");
    fs::write(scratch.0.join("thesis.tex"), "years of work").expect("the folder is ours");
    let refused = Claim::take(&scratch.0, false).expect_err("it is no folder of results").to_string();
    assert!(refused.contains("`thesis.tex`"), "{refused}");
    assert_eq!(fs::read_dir(&scratch.0).expect("it is there").count(), 1);
}

#[test]
fn what_a_kill_left_half_written_is_removed() {
    let class = class();
    let scratch = Scratch::new("store-leftovers");
    run_of(&scratch.0, false, &class, 3);
    let leftover = part_path(&scratch.0, "ada", "first").with_file_name(".1-2.new");
    fs::write(&leftover, "{\"half\":").expect("the folder is ours");
    fs::write(scratch.0.join(".1-3.new"), "{").expect("the folder is ours");
    assert_eq!(kept(&scratch.0, &class).notes, [""; 0]);
    assert!(!leftover.exists() && !scratch.0.join(".1-3.new").exists());
}

#[test]
fn what_is_no_results_is_refused_with_what_to_give_instead() {
    let scratch = Scratch::new("store-no-results");
    let refused = |name: &str, text: &str| {
        let path = scratch.0.join(name);
        fs::write(&path, text).expect("the folder is ours");
        load(&path).expect_err("it is no results").to_string()
    };
    assert!(refused("torn.json", "{\"schema\":").contains("is damaged, or no results"));
    assert!(refused("report.json", r#"{"schema":"faultlines/grade/v1","submissions":[]}"#).contains("is a report"));
    assert!(refused("future.json", r#"{"schema":"faultlines/grade-results/v9"}"#).contains("another version"));
    assert!(refused("half.json", &format!(r#"{{"schema":"{SCHEMA}"}}"#)).contains("--resume"));
    let nothing = load(&scratch.0.join("nowhere")).expect_err("there is nothing").to_string();
    assert!(nothing.contains("can't be read"), "{nothing}");
}

#[test]
fn two_identities_have_two_fingerprints() {
    let one = crate::fakes::identity();
    let same = one.clone();
    let other = Identity { course: "cours".to_owned(), assignment: "eassignment".to_owned(), ..one.clone() };
    assert_eq!(one.fingerprint(), same.fingerprint());
    assert_ne!(one.fingerprint(), other.fingerprint());
}
