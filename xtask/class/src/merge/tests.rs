use super::*;
use crate::fakes::{EXERCISES, header, part, submission};
use crate::work::{Source, Submission};

fn class(count: usize) -> Vec<Submission> {
    (0..count).map(|number| submission(&format!("student-{number:02}"))).collect()
}

/// The results of grading share `share` of `class`, or all of it.
fn results(class: &[Submission], share: Option<&str>) -> Results {
    let partition = share.map(|share| share.parse().expect("tests name shares that there are"));
    let mine = |place: usize| partition.is_none_or(|partition: crate::partition::Partition| partition.takes(place));
    let mine: Vec<Submission> =
        class.iter().enumerate().filter(|(place, _)| mine(*place)).map(|(_, one)| one.clone()).collect();
    let header = Header { partition, class: class.iter().map(|one| one.name.clone()).collect(), ..header(&mine) };
    let parts = mine.iter().flat_map(|one| EXERCISES.map(|exercise| part(one, exercise))).collect();
    Results { header, parts, notes: Vec::new() }
}

fn named(results: impl IntoIterator<Item = (&'static str, Results)>) -> Vec<(PathBuf, Results)> {
    results.into_iter().map(|(name, results)| (PathBuf::from(name), results)).collect()
}

fn shares(class: &[Submission], of: usize) -> Vec<(PathBuf, Results)> {
    let share = |share: usize| results(class, Some(&format!("{share}/{of}")));
    (1..=of).map(|number| (PathBuf::from(format!("share-{number}")), share(number))).collect()
}

fn refused(inputs: Vec<(PathBuf, Results)>) -> String {
    merge(inputs).expect_err("they don't fit").to_string()
}

#[test]
fn all_shares_together_are_the_whole_in_whatever_order_they_come() {
    for count in [0, 1, 6, 23] {
        let class = class(count);
        let whole = merge(named([("whole", results(&class, None))])).expect("one run fits itself");
        assert_eq!(whole.class.len(), count);
        for of in [1, 2, 3, 7] {
            let mut shares = shares(&class, of);
            shares.reverse();
            assert_eq!(merge(shares).expect("they are of one class"), whole, "{count} in {of} shares");
        }
    }
}

#[test]
fn missing_shares_are_named_and_the_others_joined() {
    let mut shares = shares(&class(14), 7);
    shares.remove(4);
    shares.remove(1);
    let merged = merge(shares).expect("what is there fits");
    assert_eq!(merged.missing_shares, ["2/7", "5/7"]);
    assert_eq!(merged.class.len(), 10);
}

#[test]
fn a_share_that_is_there_twice_is_refused() {
    let mut shares = shares(&class(4), 2);
    let again = shares[0].1.clone();
    shares.push(("copy-of-share-1".into(), again));
    assert!(refused(shares).starts_with("Share 1/2 is there twice: share-1 and copy-of-share-1."));
}

#[test]
fn results_that_were_graded_otherwise_are_refused() {
    let (one, other) = (class(2), [submission("zz")]);
    let with = |change: fn(&mut Header)| {
        let mut changed = results(&other, None);
        change(&mut changed.header);
        refused(named([("a", results(&one, None)), ("b", changed)]))
    };
    assert!(
        with(|header| header.identity.course.push('x')).starts_with("b was graded with another version of the course")
    );
    assert!(with(|header| header.identity.assignment.push('x')).contains("another assignment than a"));
    assert!(with(|header| header.plan = Value::Null).contains("another assignment than a"));
    assert!(with(|header| header.exercises.reverse()).contains("another assignment than a"));
    assert!(with(|header| header.identity.seed = Some(3)).contains("another seed"));
    assert!(with(|header| header.identity.jailed = false).contains("--allow-unsandboxed"));
}

#[test]
fn shares_of_two_divisions_or_of_none_are_refused() {
    let class = class(4);
    let mixed = [("half", results(&class, Some("1/2"))), ("third", results(&class, Some("2/3")))];
    assert!(refused(named(mixed)).starts_with("half is share 1/2 and third is share 2/3"));
    let mixed = [("half", results(&class, Some("1/2"))), ("whole", results(&class, None))];
    assert!(refused(named(mixed)).contains("whole is all of a class"));
}

#[test]
fn shares_of_two_classes_are_refused_with_somebody_who_is_in_one_only() {
    let (before, mut after) = (class(3), class(3));
    after.push(submission("late"));
    after.sort_by(|one, other| one.name.cmp(&other.name));
    let mixed = [("before", results(&before, Some("1/2"))), ("after", results(&after, Some("2/2")))];
    let told = refused(named(mixed));
    assert!(told.contains("`late` was handed in only where after was graded"), "{told}");
}

#[test]
fn sections_of_a_course_are_joined_in_the_order_of_names() {
    let (mut one, two) = (class(2), [submission("ada"), submission("zoe")]);
    one[0].notes.push("a note".to_owned());
    let merged = merge(named([("two", results(&two, None)), ("one", results(&one, None))])).expect("nobody is in both");
    let names: Vec<&str> = merged.class.iter().map(|whole| whole.name.as_str()).collect();
    assert_eq!(names, ["ada", "student-00", "student-01", "zoe"]);
    assert_eq!(merged.class[1].notes, ["a note"]);
}

#[test]
fn one_name_for_two_submissions_is_refused() {
    let one = class(1);
    let mut other = class(1);
    other[0].answers[0].source = Source::Text("something else".to_owned());
    let told = refused(named([("a", results(&one, None)), ("b", results(&other, None))]));
    assert!(told.starts_with("Two different submissions are called `student-00`: in a and in b."), "{told}");
}

#[test]
fn a_submission_that_was_graded_twice_alike_counts_once_whatever_time_it_took() {
    let class = class(2);
    let mut again = results(&class, None);
    again.parts[0].verdict.results[0].checks[0].millis = 77;
    let merged = merge(named([("a", results(&class, None)), ("b", again.clone())])).expect("only times differ");
    assert_eq!(merged.class.len(), 2);
    again.parts[0].verdict.results[0].checks[0].schedules = 77;
    let told = refused(named([("a", results(&class, None)), ("b", again)]));
    assert!(told.starts_with("The same source got two different verdicts in `student-00`"), "{told}");
}

#[test]
fn who_is_not_graded_to_the_end_is_named_unless_another_run_has_them() {
    let class = class(3);
    let mut stopped = results(&class, None);
    stopped.parts.truncate(3);
    let merged = merge(named([("stopped", stopped.clone())])).expect("it fits itself");
    assert_eq!(merged.ungraded, ["student-01", "student-02"]);
    assert_eq!(merged.class.len(), 1);
    let merged = merge(named([("stopped", stopped), ("whole", results(&class, None))])).expect("they agree");
    assert_eq!((merged.ungraded.len(), merged.class.len()), (0, 3));
}
