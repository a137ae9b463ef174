//! Scores, from results and the assignment.
//!
//! A check earns its points of the course only if it holds with the usual seed and with every hidden one; a result that is
//! missing holds nothing. Scores are whole hundredths of a point, worked out in whole numbers: what stands in the table is
//! what the sum is made of, a half is always rounded up, and no machine rounds otherwise.

use report::{ChapterResult, CheckStatus};

use crate::assignment::{Assignment, Set};
use crate::model::{Hidden, Mark};

/// The mark of every exercise that was set, in the order of the course.
///
/// `usual` are the results with the usual seed, `hidden` those with the hidden seeds, numbered from 1.
pub fn marks(assignment: &Assignment, usual: &[ChapterResult], hidden: &[Hidden]) -> Vec<Mark> {
    let mut runs = vec![Some(usual)];
    for number in 1..=assignment.hidden.seeds.len() {
        runs.push(hidden.iter().find(|run| run.number == number).map(|run| run.chapters.as_slice()));
    }
    let mark = |set: &Set| {
        let max = cents(set.points);
        let score = share(max, earned(set, &runs), set.possible);
        Mark { exercise: set.id.clone(), score: points(score), max_score: points(max) }
    };
    assignment.exercises.iter().map(mark).collect()
}

/// The sums of the scores and of the best possible ones: what a submission earned, and what it could have earned.
pub fn totals(marks: &[Mark]) -> (f64, f64) {
    let score = marks.iter().map(|mark| cents(mark.score)).sum();
    let max_score = marks.iter().map(|mark| cents(mark.max_score)).sum();
    (points(score), points(max_score))
}

/// The points of the course that the checks of an exercise earned.
fn earned(set: &Set, runs: &[Option<&[ChapterResult]>]) -> u64 {
    let holds = |name: &str| runs.iter().all(|run| run.is_some_and(|chapters| holds(chapters, &set.id, name)));
    set.checks.iter().filter(|check| holds(&check.name)).map(|check| u64::from(check.points)).sum()
}

/// Whether a check holds in a run. Where it was reported more than once, all reports have to say so.
fn holds(chapters: &[ChapterResult], exercise: &str, check: &str) -> bool {
    let exercises = chapters.iter().flat_map(|chapter| &chapter.exercises).filter(|result| result.id == exercise);
    let mut results = exercises.flat_map(|result| &result.checks).filter(|result| result.name == check).peekable();
    results.peek().is_some() && results.all(|result| result.status == CheckStatus::Holds)
}

/// `max * earned / possible`, a half rounded up; nothing where nothing is possible.
fn share(max: u64, earned: u64, possible: u32) -> u64 {
    let (max, earned, possible) = (u128::from(max), u128::from(earned), u128::from(possible));
    let rounded = (2 * max * earned + possible).checked_div(2 * possible).unwrap_or(0);
    u64::try_from(rounded.min(max)).expect("no more than the best possible score, which is one")
}

/// Points in whole hundredths. Points are bounded by [`crate::assignment::POINTS`], so nothing is cut off.
fn cents(points: f64) -> u64 {
    (points * 100.0).round() as u64
}

fn points(cents: u64) -> f64 {
    cents as f64 / 100.0
}

#[cfg(test)]
mod tests {
    use report::{CheckResult, ExerciseResult, ExerciseStatus, Points};

    use super::*;
    use crate::tests::course;

    use CheckStatus::{Holds, Violated};

    /// A run of `second`, whose checks are worth 1, 2 and 5.
    fn run(statuses: &[CheckStatus]) -> Vec<ChapterResult> {
        let names = ["it_starts", "it_goes_on", "it_ends"];
        let checks = names.iter().zip(statuses).map(|(name, status)| CheckResult::new(*name, *status, "")).collect();
        let exercise = ExerciseResult {
            id: "second".to_owned(),
            title: String::new(),
            status: ExerciseStatus::Failed,
            points: Points::default(),
            checks,
            compiler: String::new(),
            notes: Vec::new(),
        };
        vec![ChapterResult { id: "ch01".to_owned(), title: String::new(), passed: false, exercises: vec![exercise] }]
    }

    fn assignment(points: &str, seeds: &str) -> Assignment {
        let text = format!("[[exercise]]\nid = \"second\"\npoints = {points}\n[hidden]\nseeds = [{seeds}]\n");
        Assignment::parse("hw.toml", &text, &course()).unwrap()
    }

    fn score(points: &str, seeds: &str, usual: &[CheckStatus], hidden: &[(usize, &[CheckStatus])]) -> f64 {
        let hidden: Vec<Hidden> =
            hidden.iter().map(|(number, statuses)| Hidden { number: *number, chapters: run(statuses) }).collect();
        let marks = marks(&assignment(points, seeds), &run(usual), &hidden);
        assert_eq!(marks.len(), 1);
        marks[0].score
    }

    #[test]
    fn a_score_is_the_share_of_the_checks_that_hold() {
        assert_eq!(score("8", "", &[Holds, Violated, Holds], &[]), 6.0);
        assert_eq!(score("40", "", &[Holds, Holds, Holds], &[]), 40.0);
        assert_eq!(score("40", "", &[Violated, Violated, Violated], &[]), 0.0);
        assert_eq!(score("10", "", &[Holds, Violated, Violated], &[]), 1.25);
    }

    #[test]
    fn only_holding_earns() {
        use CheckStatus::*;
        for status in [Violated, Undecided, Panicked, TimedOut, Aborted, NotImplemented] {
            assert_eq!(score("8", "", &[status, Holds, status], &[]), 2.0, "{status:?}");
        }
    }

    #[test]
    fn a_check_has_to_hold_with_every_seed() {
        let all: &[CheckStatus] = &[Holds, Holds, Holds];
        let last: &[CheckStatus] = &[Violated, Violated, Holds];
        assert_eq!(score("8", "7, 9", all, &[(1, all), (2, all)]), 8.0);
        assert_eq!(score("8", "7, 9", all, &[(1, last), (2, all)]), 5.0);
        assert_eq!(score("8", "7, 9", all, &[(1, all), (2, last)]), 5.0);
        assert_eq!(score("8", "7, 9", last, &[(1, all), (2, all)]), 5.0);
    }

    #[test]
    fn a_run_that_is_missing_earns_nothing() {
        let all: &[CheckStatus] = &[Holds, Holds, Holds];
        assert_eq!(score("8", "7, 9", all, &[(1, all)]), 0.0);
        assert_eq!(score("8", "7, 9", all, &[(1, all), (1, all)]), 0.0, "the same run twice is not the other");
        assert_eq!(score("8", "7, 9", all, &[(1, all), (3, all)]), 0.0);
        assert_eq!(score("8", "7", all, &[(1, &[Holds])]), 1.0, "two of its checks are missing");
        assert_eq!(score("8", "", &[], &[]), 0.0);
        assert_eq!(marks(&assignment("8", ""), &[], &[])[0].score, 0.0);
    }

    #[test]
    fn a_check_reported_twice_holds_only_if_both_say_so() {
        let mut usual = run(&[Holds, Holds, Holds]);
        usual[0].exercises[0].checks.push(CheckResult::new("it_ends", Violated, ""));
        assert_eq!(marks(&assignment("8", ""), &usual, &[])[0].score, 3.0);
        let mut again = run(&[Holds, Holds, Holds]);
        again.extend(run(&[Violated, Holds, Holds]));
        assert_eq!(marks(&assignment("8", ""), &again, &[])[0].score, 7.0);
    }

    #[test]
    fn checks_that_nobody_set_earn_nothing() {
        let mut usual = run(&[Holds, Holds, Holds]);
        usual[0].exercises[0].checks.push(CheckResult::new("it_is_invented", Holds, ""));
        assert_eq!(marks(&assignment("8", ""), &usual, &[])[0].score, 8.0);
    }

    #[test]
    fn halves_of_a_hundredth_are_rounded_up() {
        assert_eq!(score("0.01", "", &[Holds, Violated, Violated], &[]), 0.0, "an eighth of a hundredth");
        assert_eq!(score("0.04", "", &[Holds, Violated, Violated], &[]), 0.01, "half a hundredth");
        assert_eq!(score("0.03", "", &[Holds, Violated, Violated], &[]), 0.0);
        assert_eq!(score("1.1", "", &[Violated, Holds, Violated], &[]), 0.28, "27.5 hundredths");
        assert_eq!(score("33.337", "", &[Holds, Holds, Holds], &[]), 33.34);
        assert_eq!(score("1000000", "", &[Holds, Holds, Violated], &[]), 375_000.0);
    }

    #[test]
    fn every_share_is_within_half_a_hundredth_of_the_exact_one() {
        for max in [1, 2, 3, 7, 99, 100, 101, 3333, 100_000_000] {
            for possible in 1..=60_u32 {
                let shares: Vec<u64> = (0..=possible).map(|earned| share(max, u64::from(earned), possible)).collect();
                assert_eq!((shares[0], shares[possible as usize]), (0, max));
                assert!(shares.is_sorted(), "more checks never score less: {max} {possible}");
                for (earned, share) in (0_u64..).zip(&shares) {
                    let error = (share * u64::from(possible)).abs_diff(max * earned);
                    assert!(2 * error <= u64::from(possible), "{max} * {earned} / {possible} is not {share}");
                }
            }
        }
        assert_eq!(share(100, 1, 0), 0, "nothing is possible, so nothing is earned");
    }

    #[test]
    fn totals_are_the_sums_of_what_the_table_shows() {
        let mark = |score, max_score| Mark { exercise: String::new(), score, max_score };
        let tenths: Vec<Mark> = (0..10).map(|_| mark(0.1, 0.3)).collect();
        assert_eq!(totals(&tenths), (1.0, 3.0), "no dust of binary fractions");
        assert_eq!(totals(&[]), (0.0, 0.0));
    }
}
