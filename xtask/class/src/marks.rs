//! Scores, from results and the assignment.
//!
//! A check earns its points of the course only if it holds with the usual seed and with every hidden one; a result that is
//! missing holds nothing. Each check has its share of what the exercise is worth, in whole hundredths, and earns all of it or
//! nothing ([`Mark::new`]). So a report that lists checks and one that lists exercises come to the same sum, on every machine.

use report::{ChapterResult, CheckStatus};

use crate::assignment::{Assignment, Set};
use crate::model::{Hidden, Mark, Weighed, sum};

/// The mark of every exercise that was set, in the order of the course.
///
/// `usual` are the results with the usual seed, `hidden` those with the hidden seeds, numbered from 1.
pub fn marks(assignment: &Assignment, usual: &[ChapterResult], hidden: &[Hidden]) -> Vec<Mark> {
    let mut runs = vec![Some(usual)];
    for number in 1..=assignment.hidden.seeds.len() {
        runs.push(hidden.iter().find(|run| run.number == number).map(|run| run.chapters.as_slice()));
    }
    let mark = |set: &Set| {
        let holds = |name: &str| runs.iter().all(|run| run.is_some_and(|chapters| holds(chapters, &set.id, name)));
        let weighed = set.checks.iter().map(|check| Weighed {
            name: &check.name,
            points: check.points,
            holds: holds(&check.name),
        });
        Mark::new(&set.id, set.points, &weighed.collect::<Vec<_>>())
    };
    assignment.exercises.iter().map(mark).collect()
}

/// The sums of the scores and of the best possible ones: what a submission earned, and what it could have earned.
pub fn totals(marks: &[Mark]) -> (f64, f64) {
    (sum(marks.iter().map(|mark| mark.score)), sum(marks.iter().map(|mark| mark.max_score)))
}

/// Whether a check holds in a run. Where it was reported more than once, all reports have to say so.
fn holds(chapters: &[ChapterResult], exercise: &str, check: &str) -> bool {
    let exercises = chapters.iter().flat_map(|chapter| &chapter.exercises).filter(|result| result.id == exercise);
    let mut results = exercises.flat_map(|result| &result.checks).filter(|result| result.name == check).peekable();
    results.peek().is_some() && results.all(|result| result.status == CheckStatus::Holds)
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
        assert_eq!(score("1.1", "", &[Violated, Holds, Violated], &[]), 0.27, "from 13.75 hundredths to 41.25");
        assert_eq!(score("33.337", "", &[Holds, Holds, Holds], &[]), 33.34);
        assert_eq!(score("1000000", "", &[Holds, Holds, Violated], &[]), 375_000.0);
    }

    #[test]
    fn every_share_is_within_a_hundredth_of_the_exact_one() {
        let points: Vec<u32> = (1..=11).collect();
        let whole = 66.0;
        for worth in [0.01, 0.02, 0.07, 0.99, 1.0, 33.33, 1_000_000.0] {
            let weighed: Vec<Weighed<'_>> =
                points.iter().map(|points| Weighed { name: "it_ends", points: *points, holds: true }).collect();
            let mark = Mark::new("second", worth, &weighed);
            for (check, points) in mark.checks.iter().zip(&points) {
                let error = (check.max_score - worth * f64::from(*points) / whole).abs();
                assert!(error < 0.01, "{points} of 66 of {worth} is not {}", check.max_score);
            }
        }
    }

    #[test]
    fn totals_are_the_sums_of_what_the_table_shows() {
        let mark = |score, max_score| Mark { exercise: String::new(), score, max_score, checks: Vec::new() };
        let tenths: Vec<Mark> = (0..10).map(|_| mark(0.1, 0.3)).collect();
        assert_eq!(totals(&tenths), (1.0, 3.0), "no dust of binary fractions");
        assert_eq!(totals(&[]), (0.0, 0.0));
    }
}
