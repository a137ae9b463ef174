//! The hostile corpus: what `hostile/corpus.toml` says of each submission, and that the table and the files agree.
//!
//! - [`corpus`]: the table.
//! - [`place`]: an entry as it is handed in, with what git can't keep (links, pipes, strange names).
//! - [`archives`]: zip and tar, byte by byte, for no library writes what these entries need.

#[cfg(unix)]
mod archives;
mod corpus;
#[cfg(target_os = "linux")]
mod graded;
#[cfg(unix)]
mod place;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use report::{CheckStatus, ExerciseStatus};
use xtask::Course;

use crate::corpus::{Corpus, Entry, InProcess, Score};

/// Where the entries are.
fn folder() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/hostile"))
}

fn course() -> Course {
    Course::load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))).expect("the course can be read")
}

/// The entries of which this is not so.
fn all_but(corpus: &Corpus, is_so: impl Fn(&Entry) -> bool) -> Vec<&str> {
    corpus.entries.iter().filter(|entry| !is_so(entry)).map(|entry| entry.name.as_str()).collect()
}

#[test]
fn the_entries_are_many_and_each_has_a_name_of_its_own_in_order() {
    let corpus = Corpus::load(folder()).unwrap();
    assert!(corpus.entries.len() >= 60, "only {} entries", corpus.entries.len());
    assert!(corpus.entries.is_sorted_by(|one, next| one.name < next.name), "not sorted, or a name twice");
}

#[test]
fn names_and_families_are_plain_words_and_sentences_end() {
    let is_word = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    let corpus = Corpus::load(folder()).unwrap();
    let wrong = all_but(&corpus, |entry| {
        is_word(&entry.name) && is_word(&entry.family) && entry.tries.ends_with('.') && entry.tries.len() > 10
    });
    assert_eq!(wrong, <[&str; 0]>::default());
}

#[test]
fn the_exercise_of_every_entry_exists_and_its_points_suffice() {
    let (corpus, course) = (Corpus::load(folder()).unwrap(), course());
    let wrong = all_but(&corpus, |entry| {
        let Some((_, exercise)) = course.exercise(&entry.exercise) else { return false };
        entry.score.points(exercise) <= exercise.points()
    });
    assert_eq!(wrong, <[&str; 0]>::default());
}

#[test]
fn an_entry_may_pass_only_if_it_may_earn_all_points_or_hidden_seeds_find_it_out() {
    let corpus = Corpus::load(folder()).unwrap();
    let wrong = all_but(&corpus, |entry| {
        let may_pass = entry.status.contains(&ExerciseStatus::Passed);
        !entry.status.is_empty() && (!may_pass || entry.score == Score::Full || entry.hidden_seeds)
    });
    assert_eq!(wrong, <[&str; 0]>::default());
}

#[test]
fn a_check_of_code_that_earns_nothing_never_holds() {
    let corpus = Corpus::load(folder()).unwrap();
    let wrong = all_but(&corpus, |entry| {
        let holds = entry.checks.contains(&CheckStatus::Holds);
        !(holds && entry.score == Score::Points(0) && !entry.hidden_seeds)
    });
    assert_eq!(wrong, <[&str; 0]>::default());
}

#[test]
fn a_student_is_told_something_only_where_something_is_wrong() {
    let corpus = Corpus::load(folder()).unwrap();
    let wrong = all_but(&corpus, |entry| {
        let says = entry.message.iter().all(|words| words.trim() == words && words.len() >= 4);
        says && (entry.message.is_empty() || !entry.status.contains(&ExerciseStatus::Passed))
    });
    assert_eq!(wrong, <[&str; 0]>::default());
}

#[test]
fn every_entry_has_its_source_or_says_how_it_is_made_and_nothing_else_lies_about() {
    let corpus = Corpus::load(folder()).unwrap();
    let wrong = all_but(&corpus, |entry| {
        let source = folder().join(&entry.name).join(format!("{}.rs", entry.exercise));
        source.is_file() || (entry.make.is_some() && !folder().join(&entry.name).exists())
    });
    assert_eq!(wrong, <[&str; 0]>::default());
    let listed: BTreeSet<&str> = corpus.entries.iter().map(|entry| entry.name.as_str()).collect();
    for found in fs::read_dir(folder()).unwrap() {
        let name = found.unwrap().file_name().into_string().unwrap();
        let is_ours = ["corpus.toml", "README.md"].contains(&name.as_str());
        assert!(is_ours || listed.contains(name.as_str()), "{name} is in the folder and not in the table");
    }
}

#[test]
fn every_source_begins_with_what_it_tries_and_why_it_must_not_work() {
    let corpus = Corpus::load(folder()).unwrap();
    let wrong = all_but(&corpus, |entry| {
        let Ok(source) = fs::read_to_string(entry.source(folder())) else { return true };
        let page: Vec<&str> = source.lines().map_while(|line| line.strip_prefix("//!")).map(str::trim).collect();
        let mut paragraphs = page.split(|line| line.is_empty()).map(|lines| lines.join(" "));
        paragraphs.next().as_deref() == Some(entry.tries.as_str()) && paragraphs.next().is_some()
    });
    assert_eq!(wrong, <[&str; 0]>::default());
}

#[test]
fn no_source_holds_the_word_that_betrays_a_theft() {
    let corpus = Corpus::load(folder()).unwrap();
    let wrong = all_but(&corpus, |entry| {
        !fs::read_to_string(entry.source(folder())).is_ok_and(|source| source.contains(corpus::STOLEN))
    });
    assert_eq!(wrong, <[&str; 0]>::default());
}

#[test]
fn the_readme_has_a_line_for_every_family() {
    let readme = fs::read_to_string(folder().join("README.md")).unwrap();
    let corpus = Corpus::load(folder()).unwrap();
    let (_, families) = readme.split_once("## The families").expect("the README lists them");
    let mut listed: Vec<&str> =
        families.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`')).map(|(name, _)| name).collect();
    listed.sort_unstable();
    let families: BTreeSet<&str> = corpus.entries.iter().map(|entry| entry.family.as_str()).collect();
    assert_eq!(listed, Vec::from_iter(families));
}

#[test]
fn some_entries_fool_or_harm_a_grader_that_shares_a_process_with_them() {
    let corpus = Corpus::load(folder()).unwrap();
    for expected in [InProcess::Fooled, InProcess::Harmed, InProcess::Unmoved, InProcess::Untried] {
        assert!(corpus.entries.iter().any(|entry| entry.in_process == expected), "none is {expected:?}");
    }
}
