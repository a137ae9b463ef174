//! How results look to a person.
//!
//! A run of the whole course answers two questions: where do I stand, and what do I do next. So it shows one line an
//! exercise and tells one story, that of the first promise that breaks. Whoever names an exercise also hears in a sentence what else
//! breaks.

use std::fmt::Write as _;

use report::text::sentence;
use report::{ChapterResult, CheckResult, CheckStatus, Counterexample, ExerciseResult, ExerciseStatus, Style, Summary};

use crate::grade::Request;
use crate::source::Source;
use crate::{Context, Paint, checkout, wrap};

/// How many lines of a learner's prints are shown.
const PRINTED_LINES: usize = 15;

/// How many lines of rustc's messages are shown in a run that did not ask for the exercise.
const COMPILER_LINES: usize = 60;

/// The whole of what `check` prints; the last line is the score.
pub fn summary(context: &Context, request: &Request<'_>, summary: &Summary) -> String {
    let mut out = String::new();
    for chapter in &summary.chapters {
        out.push_str(&chapter_lines(context, chapter));
    }
    let started = |exercise: &&ExerciseResult| exercise.status != ExerciseStatus::NotStarted;
    let open = |exercise: &&ExerciseResult| exercise.status != ExerciseStatus::Passed;
    if request.selection.explicit {
        for exercise in summary.exercises() {
            let _ = write!(out, "\n{}", details(context, exercise));
        }
    } else if let Some(first) = summary.exercises().filter(started).find(open) {
        let _ = write!(out, "\n{}", first_story(context, first));
    }
    let _ = write!(out, "\n{}", next(context, request, summary));
    let _ = writeln!(out, "{}", score(summary));
    out
}

/// `3 of 10 chapters passed`.
pub fn score(summary: &Summary) -> String {
    format!("{} of {} chapters passed", summary.chapters_passed, summary.chapters_total)
}

fn chapter_lines(context: &Context, chapter: &ChapterResult) -> String {
    let paint = context.paint;
    let title = format!("{} {}", chapter.id, chapter.title);
    if chapter.exercises.is_empty() {
        return format!("{}\n", paint.dim(&format!("{title}: not written yet")));
    }
    let mut out = format!("{}\n", paint.strong(&title));
    let wide = |text: fn(&ExerciseResult) -> &str| {
        chapter.exercises.iter().map(|exercise| text(exercise).chars().count()).max().unwrap_or(0)
    };
    let (id_wide, title_wide) = (wide(|exercise| &exercise.id), wide(|exercise| &exercise.title));
    for exercise in &chapter.exercises {
        let points = format!("{:>2}/{}", exercise.points.earned, exercise.points.possible);
        let state = state(paint, exercise);
        let (id, title) = (&exercise.id, &exercise.title);
        let _ = writeln!(out, "  {} {id:id_wide$}  {title:title_wide$}  {points:>5}  {state}", mark(paint, exercise));
    }
    out
}

fn mark(paint: Paint, exercise: &ExerciseResult) -> String {
    match exercise.status {
        ExerciseStatus::Passed => paint.good("✓"),
        ExerciseStatus::Failed => paint.bad("✗"),
        ExerciseStatus::NotStarted => paint.dim("·"),
        ExerciseStatus::DoesNotCompile => paint.bad("!"),
    }
}

/// The state in words, for those who see no colours.
fn state(paint: Paint, exercise: &ExerciseResult) -> String {
    let kept = exercise.checks.iter().filter(|check| check.holds()).count();
    match exercise.status {
        ExerciseStatus::Passed if exercise.notes.is_empty() => paint.good("passed"),
        ExerciseStatus::Passed => {
            format!("{}, with a note: cargo xtask check {}", paint.good("passed"), exercise.id)
        }
        ExerciseStatus::Failed => paint.bad(&format!("{kept} of {} promises kept", exercise.checks.len())),
        ExerciseStatus::NotStarted => paint.dim("not started"),
        ExerciseStatus::DoesNotCompile => paint.bad("does not compile"),
    }
}

/// Each promise of an exercise with its verdict, the whole story of the first that breaks, and a sentence about each of
/// the others: they often break for the same reason, and a dozen stories at once are read by nobody.
pub fn details(context: &Context, exercise: &ExerciseResult) -> String {
    let paint = context.paint;
    let mut out = opening(paint, exercise);
    let first = most_telling(exercise);
    if let Some(first) = first {
        let _ = write!(out, "\n{}", story(context, exercise, first));
    }
    let other = |check: &&CheckResult| tells_something(check) && first.is_none_or(|first| first.name != check.name);
    let others: Vec<&CheckResult> = exercise.checks.iter().filter(other).collect();
    if let Some(one) = others.last() {
        let _ = writeln!(out, "\n{}", paint.strong("Also:"));
        for (nth, check) in others.iter().enumerate() {
            let alike = |other: &&&CheckResult| other.message == check.message;
            if others[..nth].iter().any(|other| alike(&other)) {
                continue;
            }
            out.push('\n');
            for check in others[nth..].iter().filter(alike) {
                let _ = writeln!(out, "  {}{}", sentence(&check.name), check_state(paint, check));
            }
            out.push_str(&wrapped(&check.message, "    "));
        }
        let _ = writeln!(out, "\n  the whole story of one: cargo xtask check {}/{}", exercise.id, one.name);
        if let Some((folder, _)) = others.iter().find_map(|check| check.page.as_ref()?.rsplit_once('/')) {
            let _ = writeln!(out, "  a page for each story:  {folder}");
        }
    }
    out.push_str(&notes(paint, exercise));
    out
}

/// The promise whose story is worth telling: the first that something was seen to break, or else the first that isn't kept. A
/// promise without a verdict is often only what is left when another one breaks.
fn most_telling(exercise: &ExerciseResult) -> Option<&CheckResult> {
    let seen = exercise.checks.iter().find(|check| tells_something(check) && check.status != CheckStatus::Undecided);
    seen.or_else(|| exercise.checks.iter().find(|check| tells_something(check)))
}

/// What one can take in between two saves: each promise with its verdict, and the story of the first that breaks.
pub fn glance(context: &Context, exercise: &ExerciseResult) -> String {
    let mut out = opening(context.paint, exercise);
    if let Some(check) = most_telling(exercise) {
        let _ = write!(out, "\n{}", story(context, exercise, check));
    }
    out.push_str(&notes(context.paint, exercise));
    out
}

/// Each promise with its verdict, or what rustc says.
fn opening(paint: Paint, exercise: &ExerciseResult) -> String {
    if exercise.status == ExerciseStatus::DoesNotCompile {
        return format!("{}\n\n{}\n", heading(paint, exercise, "does not compile"), exercise.compiler.trim_end());
    }
    let mut out = format!("{}\n", paint.strong(&exercise.id));
    for check in &exercise.checks {
        let _ = writeln!(out, "  {} {}{}", check_mark(paint, check), sentence(&check.name), check_state(paint, check));
    }
    out
}

/// The story of the first promise that breaks.
fn first_story(context: &Context, exercise: &ExerciseResult) -> String {
    let paint = context.paint;
    let mut out = String::new();
    if exercise.status == ExerciseStatus::DoesNotCompile {
        let _ = writeln!(out, "{}\n", heading(paint, exercise, "does not compile"));
        let lines: Vec<&str> = exercise.compiler.lines().collect();
        lines.iter().take(COMPILER_LINES).for_each(|line| out.extend([line, "\n"]));
        if lines.len() > COMPILER_LINES {
            let _ = writeln!(out, "… `cargo xtask check {}` shows the rest", exercise.id);
        }
    } else if let Some(check) = exercise.checks.iter().find(|check| !check.holds()) {
        out.push_str(&story(context, exercise, check));
    }
    out.push_str(&notes(paint, exercise));
    out
}

fn heading(paint: Paint, exercise: &ExerciseResult, what: &str) -> String {
    format!("{} {}", paint.strong(&format!("{}:", exercise.id)), paint.bad(what))
}

fn check_mark(paint: Paint, check: &CheckResult) -> String {
    match check.status {
        CheckStatus::Holds => paint.good("✓"),
        CheckStatus::NotImplemented => paint.dim("·"),
        CheckStatus::Undecided => paint.fault("?"),
        _ => paint.bad("✗"),
    }
}

fn check_state(paint: Paint, check: &CheckResult) -> String {
    match check.status {
        CheckStatus::Holds => String::new(),
        CheckStatus::Violated => paint.bad("  broken"),
        CheckStatus::Undecided => paint.fault("  undecided"),
        CheckStatus::Panicked => paint.bad("  panicked"),
        CheckStatus::TimedOut => paint.bad("  timed out"),
        CheckStatus::Aborted => paint.bad("  aborted"),
        CheckStatus::NotImplemented => paint.dim("  not implemented"),
    }
}

/// A `todo!()` needs no story.
fn tells_something(check: &CheckResult) -> bool {
    !check.holds() && check.status != CheckStatus::NotImplemented
}

/// What there is to tell about a promise that is not kept.
pub fn story(context: &Context, exercise: &ExerciseResult, check: &CheckResult) -> String {
    let paint = context.paint;
    let what = check_state(paint, check);
    let mut out = format!("{} {}{what}\n", paint.strong(&format!("{}:", exercise.id)), sentence(&check.name));
    let happened = check.counterexample.as_ref().map_or("", |example| example.happened.as_str());
    let message = Some(check.message.as_str()).filter(|message| *message != happened);
    for paragraph in [happened].into_iter().chain(message).filter(|text| !text.is_empty()) {
        let _ = write!(out, "\n{}", wrapped(paragraph, "  "));
    }
    if let Some(example) = &check.counterexample {
        out.push_str(&counterexample(paint, example));
    }
    out.push_str(&printed(paint, &check.printed));
    out.push_str(&pointers(context, exercise, check));
    out
}

fn counterexample(paint: Paint, example: &Counterexample) -> String {
    let mut out = String::new();
    if !example.expected.is_empty() || !example.actual.is_empty() {
        let _ = write!(out, "\n{}", labelled(&paint.dim("expected"), &example.expected));
        out.push_str(&labelled(&paint.dim("actual  "), &example.actual));
    }
    if !example.schedule.is_empty() {
        let _ = writeln!(out, "\n  {}", paint.dim("what it takes"));
        for line in example.schedule.iter().flat_map(|entry| entry.lines()) {
            let _ = writeln!(out, "    {}", paint.style(Style::Fault, line));
        }
    }
    for drawing in example.intervals.iter().chain([&example.diagram]).filter(|drawing| !drawing.is_empty()) {
        let _ = write!(out, "\n{}", paint.text(drawing, "  "));
    }
    out
}

/// A value after its label, further lines below each other.
fn labelled(label: &str, value: &str) -> String {
    let mut lines = value.lines();
    let mut out = format!("  {label}  {}\n", lines.next().unwrap_or("(nothing)"));
    for line in lines {
        let _ = writeln!(out, "            {line}");
    }
    out
}

fn printed(paint: Paint, printed: &str) -> String {
    if printed.trim().is_empty() {
        return String::new();
    }
    let mut out = format!("\n  {}\n", paint.dim("your code printed"));
    let lines: Vec<&str> = printed.lines().collect();
    for line in lines.iter().take(PRINTED_LINES) {
        let _ = writeln!(out, "    {line}");
    }
    if lines.len() > PRINTED_LINES {
        let _ = writeln!(out, "    {}", paint.dim(&format!("… {} more lines in --json", lines.len() - PRINTED_LINES)));
    }
    out
}

fn pointers(context: &Context, exercise: &ExerciseResult, check: &CheckResult) -> String {
    let paint = context.paint;
    let mut out = String::from("\n");
    if let Some(token) = &check.replay {
        let _ = writeln!(out, "  {} cargo xtask replay {token}", paint.dim("again: "));
    }
    if let Some(page) = &check.page {
        let _ = writeln!(out, "  {} {page}", paint.dim("page:  "));
    }
    let lesson = check.counterexample.as_ref().map(|example| example.lesson.clone()).filter(|place| !place.is_empty());
    let place = lesson.or_else(|| {
        let (chapter, _) = context.course.exercise(&exercise.id)?;
        Some(format!("{}#{}", chapter.id, exercise.id))
    });
    if let Some(place) = place {
        let _ = writeln!(out, "  {} cargo xtask lesson {place}", paint.dim("lesson:"));
    }
    out
}

fn notes(paint: Paint, exercise: &ExerciseResult) -> String {
    let mut out = String::new();
    for note in &exercise.notes {
        let _ = write!(out, "\n{}", wrapped(&format!("{} {note}", paint.fault("note:")), "  "));
    }
    out
}

/// What to do now.
fn next(context: &Context, request: &Request<'_>, summary: &Summary) -> String {
    if request.source != Source::Exercises {
        return String::new();
    }
    let open = |exercise: &&ExerciseResult| exercise.status != ExerciseStatus::Passed;
    let Some(first) = summary.exercises().find(open) else { return String::new() };
    let Some((chapter, _)) = context.course.exercise(&first.id) else { return String::new() };
    let file = request.source.unit(&context.root, chapter, &first.id).file;
    let file = checkout::relative(&context.root, &file);
    let untouched = summary.exercises().all(|exercise| exercise.status == ExerciseStatus::NotStarted);
    if untouched && !request.selection.explicit {
        return welcome(context.paint, &chapter.id, &first.id, &file);
    }
    let id = &first.id;
    match first.status {
        ExerciseStatus::NotStarted => format!("next: {file} (`cargo xtask lesson {}#{id}` teaches it)\n", chapter.id),
        _ => format!("next: {file}, then `cargo xtask check {id}`; stuck? `cargo xtask hint {id}`\n"),
    }
}

fn welcome(paint: Paint, chapter: &str, id: &str, file: &str) -> String {
    let command = |text: String| paint.strong(&text);
    format!(
        "Nothing is solved yet, so begin here:\n\n  \
           1. read the lesson      {}\n  \
           2. open the exercise    {}\n  \
           3. see how you do       {}\n                          {} does that on every save\n\n",
        command(format!("cargo xtask lesson {chapter}")),
        command(file.to_owned()),
        command(format!("cargo xtask check {id}")),
        command("cargo xtask watch".to_owned()),
    )
}

/// Prose at the width of the terminal, after `indent`.
fn wrapped(text: &str, indent: &str) -> String {
    wrap::paragraphs(text, indent, wrap::terminal_columns(100))
}

#[cfg(test)]
mod tests {
    use super::*;
    use report::{Points, Text};

    fn context() -> Context {
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the course").to_owned();
        let course = crate::Course::load(&root).expect("our own course.toml is well-formed");
        Context { root, course, paint: Paint::plain() }
    }

    fn broken() -> ExerciseResult {
        let mut check = CheckResult::new("a_reply_comes", CheckStatus::Violated, "no reply came");
        check.replay = Some("flaky_rpc/a_reply_comes@1.0.all.00".to_owned());
        check.printed = "my own print".to_owned();
        check.page = Some(".faultlines/stories/flaky_rpc/a_reply_comes.html".to_owned());
        check.counterexample = Some(Counterexample {
            happened: "no reply came".to_owned(),
            expected: "a reply".to_owned(),
            actual: "first line\nsecond line".to_owned(),
            schedule: vec!["the first request is lost".to_owned()],
            entries_before: 4,
            diagram: Text::plain("client ──▶ server"),
            intervals: Some(Text::plain("read → 1 ├──┤")),
            lesson: "ch01#flaky_rpc".to_owned(),
        });
        ExerciseResult {
            id: "flaky_rpc".to_owned(),
            title: "The network is reliable".to_owned(),
            status: ExerciseStatus::Failed,
            points: Points { earned: 0, possible: 1 },
            checks: vec![check],
            compiler: String::new(),
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_story_answers_in_the_order_in_which_one_asks() {
        let exercise = broken();
        let told = story(&context(), &exercise, &exercise.checks[0]);
        let expected = "\
flaky_rpc: A reply comes  broken

  no reply came

  expected  a reply
  actual    first line
            second line

  what it takes
    the first request is lost

  read → 1 ├──┤

  client ──▶ server

  your code printed
    my own print

  again:  cargo xtask replay flaky_rpc/a_reply_comes@1.0.all.00
  page:   .faultlines/stories/flaky_rpc/a_reply_comes.html
  lesson: cargo xtask lesson ch01#flaky_rpc
";
        assert_eq!(told, expected);
    }

    #[test]
    fn what_several_promises_have_to_say_is_said_once() {
        let mut exercise = broken();
        for name in ["another_one", "a_third"] {
            exercise.checks.push(CheckResult { name: name.to_owned(), ..exercise.checks[0].clone() });
        }
        let told = details(&context(), &exercise);
        assert!(told.contains("Also:\n\n  Another one  broken\n  A third  broken\n    no reply came\n"), "{told}");
    }

    #[test]
    fn an_entry_of_several_lines_stays_below_its_heading() {
        let mut exercise = broken();
        let example = exercise.checks[0].counterexample.as_mut().expect("a broken promise has a story");
        example.schedule = vec!["the value\n{\n  7\n}".to_owned()];
        let told = details(&context(), &exercise);
        assert!(told.contains("  what it takes\n    the value\n    {\n      7\n    }\n"), "{told}");
    }

    #[test]
    fn only_the_first_story_is_told_whole_and_the_others_in_a_sentence() {
        let mut exercise = broken();
        exercise.checks.push(CheckResult { name: "another_one".to_owned(), ..exercise.checks[0].clone() });
        let told = details(&context(), &exercise);
        assert_eq!(told.matches("client ──▶ server").count(), 1);
        assert_eq!(told.matches("what it takes").count(), 1);
        assert!(told.contains("Also:\n\n  Another one  broken\n    no reply came\n"), "{told}");
        assert!(told.contains("cargo xtask check flaky_rpc/another_one"));
        assert!(told.contains("a page for each story:  .faultlines/stories/flaky_rpc\n"), "{told}");
    }

    #[test]
    fn what_was_seen_to_break_is_told_before_what_has_no_verdict() {
        let mut exercise = broken();
        let unclear = CheckResult::new("an_earlier_one", CheckStatus::Undecided, "No verdict");
        exercise.checks.insert(0, unclear);
        let told = details(&context(), &exercise);
        assert!(told.contains("what it takes"), "{told}");
        assert!(told.contains("Also:\n\n  An earlier one  undecided\n"), "{told}");
    }

    #[test]
    fn a_todo_needs_no_story() {
        let mut exercise = broken();
        exercise.checks[0] = CheckResult::new("a_reply_comes", CheckStatus::NotImplemented, "not yet implemented");
        assert_eq!(details(&context(), &exercise), "flaky_rpc\n  · A reply comes  not implemented\n");
    }
}
