//! `list`: chapters and exercises with their state.
//!
//! The states are those of the last check, because a list has to come at once. So that it does not claim too much, an
//! exercise whose files are no longer those of that check is marked.

use std::path::Path;

use comfy_table::{Attribute, Cell, CellAlignment, Color, ContentArrangement, Table, presets};
use report::ExerciseStatus;

use crate::cli::ListArgs;
use crate::course::{Chapter, Course, Exercise};
use crate::progress::{self, Progress, fingerprint, source_folder};
use crate::{Context, Exit, Failure};
use crate::{files, wrap};

/// What one can ask `--state` for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Of(ExerciseStatus),
    NotWritten,
}

const STATES: [State; 5] = [
    State::Of(ExerciseStatus::Passed),
    State::Of(ExerciseStatus::Failed),
    State::Of(ExerciseStatus::NotStarted),
    State::Of(ExerciseStatus::DoesNotCompile),
    State::NotWritten,
];

impl State {
    fn name(self) -> &'static str {
        match self {
            State::Of(status) => status.as_str(),
            State::NotWritten => "not_written",
        }
    }

    fn parse(name: &str) -> Result<State, Failure> {
        STATES.into_iter().find(|state| state.name() == name).ok_or_else(|| {
            let names = STATES.map(State::name).join(", ");
            Failure::new(format!("There is no state `{name}`.\n\nThe states are {names}."))
        })
    }
}

/// The `list` command.
///
/// # Errors
///
/// When there is no such state.
pub fn run(context: &Context, args: &ListArgs) -> Result<Exit, Failure> {
    let state = args.state.as_deref().map(State::parse).transpose()?;
    let (progress, note) = Progress::load(&context.root);
    if let Some(note) = note {
        eprintln!("{}", context.paint.fault(&note));
    }
    print!("{}", page(context, &progress, state));
    Ok(Exit::Ok)
}

/// The whole list, as a page. Used by `watch` too.
pub fn all(context: &Context, progress: &Progress) -> String {
    page(context, progress, None)
}

fn page(context: &Context, progress: &Progress, only: Option<State>) -> String {
    let rows = rows(&context.root, &context.course, progress, only, files::now_s());
    let bar = progress::bar(progress.chapters_passed(&context.course), context.course.chapters.len());
    match only {
        Some(state) if rows.is_empty() => format!("Nothing is {}.\n\n{bar}\n", spoken(state)),
        _ => format!("{}\n\n{bar}\n", table(&rows, context.paint.is_colour(), wrap::terminal_columns(100))),
    }
}

fn spoken(state: State) -> String {
    state.name().replace('_', " ")
}

struct Row {
    id: String,
    title: String,
    state: String,
    points: String,
    checked: String,
    look: Look,
}

enum Look {
    Heading,
    State(State),
}

fn rows(root: &Path, course: &Course, progress: &Progress, only: Option<State>, now_s: u64) -> Vec<Row> {
    let mut rows = Vec::new();
    for chapter in &course.chapters {
        let of_chapter: Vec<Row> = chapter
            .exercises
            .iter()
            .filter(|e| only.is_none_or(|state| state == State::Of(progress.status(&e.id))))
            .map(|exercise| row(root, chapter, exercise, progress, now_s))
            .collect();
        let unwritten = chapter.exercises.is_empty();
        if only.is_none() || !of_chapter.is_empty() || (unwritten && only == Some(State::NotWritten)) {
            rows.push(heading(chapter, progress));
        }
        rows.extend(of_chapter);
    }
    rows
}

fn heading(chapter: &Chapter, progress: &Progress) -> Row {
    let (passed, total) =
        (chapter.exercises.iter().filter(|e| progress.passed(&e.id)).count(), chapter.exercises.len());
    let (state, look) = match (passed, total) {
        (_, 0) => (spoken(State::NotWritten), Look::State(State::NotWritten)),
        _ if passed == total => ("passed".to_owned(), Look::Heading),
        _ => (format!("{passed} of {total} passed"), Look::Heading),
    };
    let (points, checked) = (String::new(), String::new());
    Row { id: chapter.id.clone(), title: chapter.title.clone(), state, points, checked, look }
}

fn row(root: &Path, chapter: &Chapter, exercise: &Exercise, progress: &Progress, now_s: u64) -> Row {
    let state = State::Of(progress.status(&exercise.id));
    let last = progress.entry(&exercise.id).last;
    let checked = match &last {
        None => "never".to_owned(),
        Some(last) if last.source != fingerprint(&source_folder(root, chapter), &exercise.id) => {
            "changed since".to_owned()
        }
        Some(last) => files::ago(last.checked_at_s, now_s),
    };
    Row {
        id: format!("  {}", exercise.id),
        title: exercise.title.clone(),
        state: spoken(state),
        points: format!("{}/{}", last.map_or(0, |last| last.points.earned), exercise.points()),
        checked,
        look: Look::State(state),
    }
}

fn table(rows: &[Row], colour: bool, width: usize) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_width(u16::try_from(width).unwrap_or(u16::MAX));
    if colour {
        table.enforce_styling()
    } else {
        table.force_no_tty()
    };
    table.set_header(
        ["", "", "State", "Points", "Last check"].map(|name| Cell::new(name).add_attribute(Attribute::Dim)),
    );
    table.add_rows(rows.iter().map(|row| {
        let bold = |cell: Cell| match row.look {
            Look::Heading => cell.add_attribute(Attribute::Bold),
            Look::State(_) => cell,
        };
        let (id, title) = (bold(Cell::new(&row.id)), bold(Cell::new(&row.title)));
        vec![id, title, row.look.paint(Cell::new(&row.state)), Cell::new(&row.points), Cell::new(&row.checked)]
    }));
    table.column_mut(0).expect("it has five columns").set_padding((0, 1));
    table.column_mut(3).expect("it has five columns").set_cell_alignment(CellAlignment::Right);
    table.trim_fmt()
}

impl Look {
    fn paint(&self, cell: Cell) -> Cell {
        match self {
            Look::Heading => cell.add_attribute(Attribute::Bold),
            Look::State(State::Of(ExerciseStatus::Passed)) => cell.fg(Color::Green),
            Look::State(State::Of(ExerciseStatus::Failed | ExerciseStatus::DoesNotCompile)) => cell.fg(Color::Red),
            Look::State(State::Of(ExerciseStatus::NotStarted) | State::NotWritten) => {
                cell.add_attribute(Attribute::Dim)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use report::Points;

    use super::*;
    use crate::files::tests::Scratch;
    use crate::progress::tests::{BOTH, course, summary};
    use crate::progress::{Sources, record};

    fn listed(scratch: &Scratch, state: Option<&str>) -> String {
        let (progress, _) = Progress::load(&scratch.0);
        let only = state.map(|name| State::parse(name).unwrap());
        let rows = rows(&scratch.0, &course(), &progress, only, files::now_s());
        if rows.is_empty() { String::new() } else { table(&rows, false, 80) }
    }

    fn solved(name: &str) -> Scratch {
        let scratch = Scratch::new(name);
        scratch.write("exercises/ch01-one/src/first.rs", "mine");
        let mut summary = summary("first", &BOTH);
        summary.chapters[0].exercises[0].points = Points { earned: 3, possible: 3 };
        assert!(record(&scratch.0, &course(), &Sources::now(&scratch.0, &course()), &summary).is_empty());
        scratch
    }

    #[test]
    fn chapters_and_exercises_are_listed_with_their_state() {
        let expected = [
            "                 State          Points   Last check",
            "ch01      One      1 of 2 passed",
            "  first   First    passed            3/3   just now",
            "  second  Second   not started       0/1   never",
            "ch02      Two      not written",
        ];
        let squeeze = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
        let listed = listed(&solved("list"), None);
        assert_eq!(listed.lines().map(squeeze).collect::<Vec<_>>(), expected.map(squeeze), "{listed}");
    }

    #[test]
    fn an_exercise_that_was_edited_is_marked() {
        let scratch = solved("list-edited");
        scratch.write("exercises/ch01-one/src/first/part.rs", "more");
        assert!(listed(&scratch, None).lines().nth(2).unwrap().ends_with("changed since"));
    }

    #[test]
    fn a_state_leaves_only_its_exercises_and_their_chapters() {
        let scratch = solved("list-states");
        let ids = |state: &str| {
            let listed = listed(&scratch, Some(state));
            listed.lines().skip(1).map(|line| line.split_whitespace().next().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(ids("passed"), ["ch01", "first"]);
        assert_eq!(ids("not_started"), ["ch01", "second"]);
        assert_eq!(ids("not_written"), ["ch02"]);
        assert!(ids("failed").is_empty());
        assert!(State::parse("done").unwrap_err().to_string().contains("does_not_compile"));
    }

    #[test]
    fn a_pipe_gets_no_colour_and_no_line_is_longer_than_eighty_columns() {
        let long = Row {
            id: "  a_rather_long_exercise_id".to_owned(),
            title: "A title that has a good deal more words than any of the others".to_owned(),
            state: "does not compile".to_owned(),
            points: "12/12".to_owned(),
            checked: "59 minutes ago".to_owned(),
            look: Look::Heading,
        };
        let plain = table(&[long], false, 80);
        assert!(!plain.contains('\u{1b}'));
        assert!(plain.lines().all(|line| wrap::columns(line) <= 80), "{plain}");
    }
}
