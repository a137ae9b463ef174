//! The page of a submission: what it earned, every check, and the story of each that fails.

use std::collections::BTreeMap;

use maud::{Markup, html};
use report::text::sentence;
use report::{CheckResult, CheckStatus, ExerciseResult, ExerciseStatus};

use super::names::Names;
use super::text::{count, name, plain, prose, shown};
use super::{Audience, frame, story};
use crate::model::{CheckMark, Graded, Mark, Trust};

/// The results with hidden seeds, by exercise and check, each with the number of its seed.
pub(super) struct Hidden<'a>(BTreeMap<&'a str, BTreeMap<&'a str, Results<'a>>>);

/// The results of one check.
type Results<'a> = Vec<(usize, &'a CheckResult)>;

impl<'a> Hidden<'a> {
    pub(super) fn of(graded: &'a Graded) -> Self {
        let mut results: BTreeMap<_, BTreeMap<_, Results>> = BTreeMap::new();
        for hidden in &graded.hidden {
            for exercise in hidden.chapters.iter().flat_map(|chapter| &chapter.exercises) {
                let results = results.entry(exercise.id.as_str()).or_default();
                for check in &exercise.checks {
                    results.entry(check.name.as_str()).or_default().push((hidden.number, check));
                }
            }
        }
        Hidden(results)
    }

    /// The results of a check.
    pub(super) fn of_check(&self, exercise: &str, check: &str) -> &[(usize, &'a CheckResult)] {
        self.0.get(exercise).and_then(|checks| checks.get(check)).map_or(&[], Vec::as_slice)
    }
}

/// What a check became, as it is also said on a terminal.
pub(super) fn check_state(status: CheckStatus) -> &'static str {
    match status {
        CheckStatus::Holds => "holds",
        CheckStatus::Violated => "broken",
        CheckStatus::Undecided => "undecided",
        CheckStatus::Panicked => "panicked",
        CheckStatus::TimedOut => "timed out",
        CheckStatus::Aborted => "aborted",
        CheckStatus::NotImplemented => "not implemented",
    }
}

/// The class that gives a verdict its colour, and the sign before it for those who see none.
pub(super) fn look(status: CheckStatus) -> (&'static str, &'static str) {
    match status {
        CheckStatus::Holds => ("good", "✓"),
        CheckStatus::NotImplemented => ("soft", "·"),
        CheckStatus::Undecided => ("fault", "?"),
        _ => ("bad", "✗"),
    }
}

pub(super) fn trust_in_short(trust: Trust) -> &'static str {
    match trust {
        Trust::Isolated => "isolated",
        Trust::InProcess => "in process",
        Trust::Unsandboxed => "unsandboxed",
    }
}

pub(super) fn trust_explained(trust: Trust) -> &'static str {
    match trust {
        Trust::Isolated => "The code ran jailed, in a process of its own, apart from everything that judged it.",
        Trust::InProcess => {
            "Some exercise ran jailed, but in one process with what judged it. Code that sets out to do so could have \
             reported results of its own making; read it where the score matters."
        }
        Trust::Unsandboxed => {
            "The code ran without a jail and could do whatever the user may do who graded it. Trust these scores as far \
             as you trust their authors."
        }
    }
}

/// How many exercises passed.
pub(super) fn passed(graded: &Graded) -> usize {
    graded.exercises().filter(|exercise| exercise.status == ExerciseStatus::Passed).count()
}

/// An exercise on the page, with its place.
struct Section<'a> {
    result: &'a ExerciseResult,
    mark: Option<&'a Mark>,
    anchor: String,
}

pub(super) fn page(graded: &Graded, title: &str, audience: Audience) -> String {
    let mut names = Names::default();
    let sections: Vec<Section> = graded
        .exercises()
        .map(|result| {
            let anchor = format!("exercise-{}", names.give(&result.id));
            Section { result, mark: graded.mark(&result.id), anchor }
        })
        .collect();
    let hidden = Hidden::of(graded);
    let way: &[_] = match audience {
        Audience::Instructor => &[("The class", "../index.html".to_owned())],
        Audience::Learner => &[],
    };
    let content = html! {
        p.eyebrow { (shown(title)) }
        h1 { (name(&graded.name)) }
        (frame::figures(&[
            ("Score", format!("{} of {}", graded.score, graded.max_score)),
            ("Exercises passed", format!("{} of {}", passed(graded), sections.len())),
            ("Trust", trust_in_short(graded.trust).to_owned()),
        ]))
        @if graded.trust == Trust::Isolated {
            p.soft { (trust_explained(graded.trust)) }
        } @else {
            div.notice { p { (trust_explained(graded.trust)) } }
        }
        @if !graded.notes.is_empty() {
            h2 id="notes" { "What was noticed" }
            ul.notes { @for note in &graded.notes { li.words { (prose(note)) } } }
        }
        h2 id="marks" { "The exercises" }
        (marks(&sections))
        @for section in &sections { (exercise(section, &hidden)) }
    };
    frame::page(&format!("{}: {title}", graded.name), way, content)
}

fn marks(sections: &[Section]) -> Markup {
    frame::table(
        "What each exercise earned",
        html! {
            thead { tr {
                th scope="col" { "Exercise" }
                th scope="col" { "Status" }
                th.n scope="col" { "Promises kept" }
                th.n scope="col" { "Score" }
                th.n scope="col" { "of" }
            } }
            tbody {
                @for Section { result, mark, anchor } in sections {
                    tr {
                        th.name scope="row" {
                            a href={ "#" (anchor) } { (shown(&result.id)) } " " span.soft { (shown(&result.title)) }
                        }
                        td.state { (status(result)) }
                        td.n {
                        @if result.checks.is_empty() { "–" }
                        @else { (kept(result)) " of " (result.checks.len()) }
                    }
                        @if let Some(mark) = mark {
                            td.n { (mark.score) }
                            td.n { (mark.max_score) }
                        } @else {
                            td.n { "–" }
                            td.n { "–" }
                        }
                    }
                }
            }
        },
    )
}

fn kept(result: &ExerciseResult) -> usize {
    result.checks.iter().filter(|check| check.holds()).count()
}

fn status(result: &ExerciseResult) -> Markup {
    match result.status {
        ExerciseStatus::Passed => html! { span.good { "✓ passed" } },
        ExerciseStatus::Failed => html! { span.bad { "✗ failed" } },
        ExerciseStatus::NotStarted => html! { span.soft { "· not started" } },
        ExerciseStatus::DoesNotCompile => html! { span.bad { "! does not compile" } },
    }
}

fn exercise(section: &Section, hidden: &Hidden) -> Markup {
    let Section { result, mark, anchor } = section;
    // An exercise that nobody has begun has nothing to say, check by check.
    let begun = result.status != ExerciseStatus::NotStarted;
    html! {
        h2 id=(anchor) {
            (shown(&result.id)) ": " (shown(&result.title))
            @if let Some(mark) = mark { span.badge { (mark.score) " of " (mark.max_score) } }
        }
        @if !result.notes.is_empty() {
            ul.notes { @for note in &result.notes { li.words { (prose(note)) } } }
        }
        @if result.status == ExerciseStatus::NotStarted { p.soft { "Not started." } }
        @if !result.compiler.is_empty() {
            h3 { "It does not compile" }
            pre tabindex="0" { (shown(result.compiler.trim_end())) }
        }
        @if begun && !result.checks.is_empty() {
            (checks(section, hidden))
            @for (nth, check) in result.checks.iter().enumerate() {
                @if story::is_told(check) { (story::story(&format!("{anchor}.{}", nth + 1), check)) }
                @for (number, result) in failing_hidden(hidden, &result.id, check) {
                    (story::hidden(&format!("{anchor}.{}.hidden-{number}", nth + 1), number, result))
                }
            }
        }
    }
}

/// Where a check that holds with the usual seed does not hold with a hidden one. If it never holds, one story is enough.
fn failing_hidden<'a>(
    hidden: &Hidden<'a>,
    exercise: &str,
    check: &CheckResult,
) -> impl Iterator<Item = (usize, &'a CheckResult)> {
    let holds = check.holds();
    let results = hidden.of_check(exercise, &check.name).iter().copied();
    results.filter(move |(_, result)| holds && !result.holds())
}

fn checks(section: &Section, hidden: &Hidden) -> Markup {
    let Section { result, mark, anchor } = section;
    let marks: BTreeMap<&str, &CheckMark> =
        mark.iter().flat_map(|mark| &mark.checks).map(|mark| (mark.name.as_str(), mark)).collect();
    let has_hidden = !hidden.0.is_empty();
    frame::table(
        &format!("The {} of {}", count(result.checks.len(), "check"), plain(&result.id)),
        html! {
            thead { tr {
                th scope="col" { "Check" }
                th scope="col" { "Verdict" }
                @if has_hidden { th scope="col" { "With hidden seeds" } }
                th.n scope="col" { "Score" }
                th.n scope="col" { "of" }
            } }
            tbody {
                @for (nth, check) in result.checks.iter().enumerate() {
                    @let (class, sign) = look(check.status);
                    @let place = format!("{anchor}.{}", nth + 1);
                    @let promise = shown(&sentence(&check.name));
                    tr {
                        th.name scope="row" {
                            @if story::is_told(check) { a href={ "#" (place) } { (promise) } } @else { (promise) }
                        }
                        td.state { span class=(class) { (sign) " " (check_state(check.status)) } }
                        @if has_hidden { td { (with_hidden(hidden, &result.id, check, &place)) } }
                        @if let Some(mark) = marks.get(check.name.as_str()) {
                            td.n { (mark.score) }
                            td.n { (mark.max_score) }
                        } @else {
                            td.n { "–" }
                            td.n { "–" }
                        }
                    }
                }
            }
        },
    )
}

fn with_hidden(hidden: &Hidden, exercise: &str, check: &CheckResult, anchor: &str) -> Markup {
    let all = hidden.of_check(exercise, &check.name);
    let held = all.iter().filter(|(_, result)| result.holds()).count();
    html! {
        @if all.is_empty() { "–" }
        @else if held == all.len() { span.good { "✓ holds" } }
        @else {
            span.bad { "✗ holds with " (held) " of " (all.len()) }
            @for (number, _) in failing_hidden(hidden, exercise, check) {
                " " a href={ "#" (anchor) ".hidden-" (number) } { "seed " (number) }
            }
        }
    }
}
