//! The page of the class: how the scores are distributed, what is hard, and the way to every submission.

use std::collections::BTreeMap;

use maud::{Markup, html};
use report::text::sentence;
use report::{CheckStatus, ExerciseResult, ExerciseStatus};

use super::text::{count, name, percent, plain, shortened, shown};
use super::{Alikeness, Site, frame, histogram, student};
use crate::model::{ClassReport, Graded, Trust};

/// Of a note, so many characters are shown here; its own page has the rest.
const MAX_NOTE: usize = 300;

pub(super) fn page(site: &Site) -> String {
    let report = site.report;
    let exercises = exercises(report);
    let content = html! {
        p.eyebrow { "The class" }
        h1 { (shown(site.title())) }
        (frame::figures(&figures(report)))
        (trust(report))
        @if let Some(Alikeness { found, .. }) = site.alikeness {
            p {
                a href="similar/index.html" { "Similar submissions" } ": "
                (count(found.pairs.len() + found.more, "pair")) " to look at."
            }
        }
        h2 { "How the scores are distributed" }
        (histogram::histogram(&report.submissions.iter().map(|one| (one.score, one.max_score)).collect::<Vec<_>>()))
        h2 { "The exercises" }
        (exercises_table(&exercises))
        h2 { "The checks that fail most" }
        p.soft {
            "Of the submissions in which somebody has begun the exercise and it compiles. Checks that hold everywhere are \
             not listed."
        }
        @for exercise in &exercises { (checks_table(exercise)) }
        h2 { "The submissions" }
        (submissions(site))
        (notes(site))
    };
    frame::page(&format!("{}: the class", site.title()), &[], content)
}

fn figures(report: &ClassReport) -> Vec<(&'static str, String)> {
    let mut shares: Vec<f64> =
        report.submissions.iter().filter(|one| one.max_score > 0.0).map(|one| one.score / one.max_score).collect();
    shares.sort_by(f64::total_cmp);
    let mut figures = vec![("Submissions", report.submissions.len().to_string())];
    if let (Some(lowest), Some(highest)) = (shares.first(), shares.last()) {
        let middle = (shares[(shares.len() - 1) / 2] + shares[shares.len() / 2]) / 2.0;
        let mean = shares.iter().sum::<f64>() / shares.len() as f64;
        for (what, share) in [("Mean", mean), ("Median", middle), ("Lowest", *lowest), ("Highest", *highest)] {
            figures.push((what, format!("{} %", percent(share, 1.0))));
        }
    }
    figures
}

/// What to know about scores that are not fully to be trusted.
fn trust(report: &ClassReport) -> Markup {
    let such = |trust: Trust| report.submissions.iter().filter(|one| one.trust == trust).count();
    html! {
        @for trust in [Trust::Unsandboxed, Trust::InProcess] {
            @if such(trust) > 0 {
                div.notice {
                    p {
                        strong { (count(such(trust), "submission")) " ran " (student::trust_in_short(trust)) ". " }
                        (student::trust_explained(trust))
                    }
                }
            }
        }
    }
}

/// What became of an exercise in the class.
struct Exercise<'a> {
    id: &'a str,
    title: &'a str,
    /// How many ended how.
    statuses: [usize; 4],
    /// The scores, and what could have been earned.
    score: f64,
    max_score: f64,
    checks: Vec<Check<'a>>,
}

/// What became of a check, in the submissions that have it to show.
struct Check<'a> {
    name: &'a str,
    seen: usize,
    /// By what became of it, where it does not hold with the usual seed.
    fails: BTreeMap<CheckStatus, usize>,
    /// Where it holds with the usual seed but not with a hidden one.
    fails_hidden: usize,
}

impl Check<'_> {
    fn failing(&self) -> usize {
        self.fails.values().sum::<usize>() + self.fails_hidden
    }

    /// `12 broken, 1 timed out`.
    fn kinds(&self) -> String {
        let kinds = self.fails.iter().map(|(status, times)| format!("{times} {}", student::check_state(*status)));
        let hidden = (self.fails_hidden > 0).then(|| format!("{} with a hidden seed only", self.fails_hidden));
        kinds.chain(hidden).collect::<Vec<_>>().join(", ")
    }
}

/// The exercises in the order in which they first stand in a submission, which is that of the course.
fn exercises(report: &ClassReport) -> Vec<Exercise<'_>> {
    let mut exercises: Vec<Exercise> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for graded in &report.submissions {
        let hidden = student::Hidden::of(graded);
        for result in graded.exercises() {
            let place = *places.entry(&result.id).or_insert(exercises.len());
            if place == exercises.len() {
                let (id, title) = (&*result.id, &*result.title);
                exercises.push(Exercise {
                    id,
                    title,
                    statuses: [0; 4],
                    score: 0.0,
                    max_score: 0.0,
                    checks: Vec::new(),
                });
            }
            exercises[place].add(graded, result, &hidden);
        }
    }
    exercises
}

impl<'a> Exercise<'a> {
    fn add(&mut self, graded: &'a Graded, result: &'a ExerciseResult, hidden: &student::Hidden) {
        self.statuses[result.status as usize] += 1;
        if let Some(mark) = graded.mark(&result.id) {
            self.score += mark.score;
            self.max_score += mark.max_score;
        }
        if !matches!(result.status, ExerciseStatus::Passed | ExerciseStatus::Failed) {
            return;
        }
        for (nth, check) in result.checks.iter().enumerate() {
            // Nearly always the checks are the same in the same order.
            let place = Some(nth).filter(|nth| self.checks.get(*nth).is_some_and(|one| one.name == check.name));
            let place =
                place.or_else(|| self.checks.iter().position(|one| one.name == check.name)).unwrap_or_else(|| {
                    self.checks.push(Check { name: &check.name, seen: 0, fails: BTreeMap::new(), fails_hidden: 0 });
                    self.checks.len() - 1
                });
            let one = &mut self.checks[place];
            one.seen += 1;
            if !check.holds() {
                *one.fails.entry(check.status).or_default() += 1;
            } else if hidden.of_check(&result.id, &check.name).iter().any(|(_, with)| !with.holds()) {
                one.fails_hidden += 1;
            }
        }
    }
}

fn exercises_table(exercises: &[Exercise]) -> Markup {
    frame::table(
        "What became of each exercise, in submissions",
        html! {
            thead { tr {
                th scope="col" { "Exercise" }
                th.n scope="col" { "Mean score" }
                td.bars {}
                th.n scope="col" { "Passed" }
                th.n scope="col" { "Failed" }
                th.n scope="col" { "Not started" }
                th.n scope="col" { "Does not compile" }
            } }
            tbody {
                @for exercise in exercises {
                    tr {
                        th.name scope="row" { (shown(exercise.id)) " " span.soft { (shown(exercise.title)) } }
                        td.n { (percent(exercise.score, exercise.max_score)) " %" }
                        td.bars { (frame::bar(percent(exercise.score, exercise.max_score), "")) }
                        @for status in exercise.statuses { td.n { (status) } }
                    }
                }
            }
        },
    )
}

fn checks_table(exercise: &Exercise) -> Markup {
    let mut failing: Vec<&Check> = exercise.checks.iter().filter(|check| check.failing() > 0).collect();
    failing.sort_by_key(|check| std::cmp::Reverse(check.failing()));
    if failing.is_empty() {
        return html! {};
    }
    html! {
        h3 { (shown(exercise.id)) ": " (shown(exercise.title)) }
        (frame::table(&format!("Checks of {} that fail", plain(exercise.id)), html! {
            thead { tr {
                th scope="col" { "Check" }
                th.n scope="col" { "Fails in" }
                td.bars {}
                th scope="col" { "How" }
            } }
            tbody {
                @for check in failing {
                    tr {
                        th.name scope="row" { (shown(&sentence(check.name))) }
                        td.n { (check.failing()) " of " (check.seen) }
                        td.bars { (frame::bar(percent(check.failing() as f64, check.seen as f64), "fails")) }
                        td.soft { (check.kinds()) }
                    }
                }
            }
        }))
    }
}

fn submissions(site: &Site) -> Markup {
    frame::table(
        "Everybody's score, in the order of the names",
        html! {
            thead { tr {
                th scope="col" { "Submission" }
                th.n scope="col" { "Score" }
                th.n scope="col" { "of" }
                td.bars {}
                th.n scope="col" { "Exercises passed" }
                th scope="col" { "Trust" }
                th.n scope="col" { "Notes" }
            } }
            tbody {
                @for (graded, file) in site.report.submissions.iter().zip(&site.files) {
                    tr {
                        th.name scope="row" { a href={ "students/" (file) ".html" } { (name(&graded.name)) } }
                        td.n { (graded.score) }
                        td.n { (graded.max_score) }
                        td.bars { (frame::bar(percent(graded.score, graded.max_score), "")) }
                        td.n { (student::passed(graded)) " of " (graded.exercises().count()) }
                        td.state.fault[graded.trust != Trust::Isolated] { (student::trust_in_short(graded.trust)) }
                        td.n { @if !graded.notes.is_empty() { a href={ "#note-" (file) } { (graded.notes.len()) } } }
                    }
                }
            }
        },
    )
}

fn notes(site: &Site) -> Markup {
    let noted = || site.report.submissions.iter().zip(&site.files).filter(|(graded, _)| !graded.notes.is_empty());
    html! {
        @if noted().next().is_some() {
            h2 { "What was noticed" }
            @for (graded, file) in noted() {
                h3 id={ "note-" (file) } { a href={ "students/" (file) ".html" } { (name(&graded.name)) } }
                ul.notes { @for note in &graded.notes { li.words { (shortened(note, MAX_NOTE)) } } }
            }
        }
    }
}
