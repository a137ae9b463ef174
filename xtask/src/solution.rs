//! `solution`: the reference beside yours.
//!
//! A solution teaches most after one's own works: then every difference is a decision to compare. Before that it mostly
//! ends the thinking. So it is offered once the exercise passes, and asked for twice otherwise.

use std::fs;

use diff::Result as Line;
use report::Style;

use crate::checkout::relative;
use crate::cli::SolutionArgs;
use crate::course::{Chapter, Exercise};
use crate::progress::{Progress, fingerprint, source_folder};
use crate::{Context, Exit, Failure, Paint};
use crate::{lookup, pager, reset, stubs, wrap};

/// From this width on, two files of usual code fit beside each other.
const BESIDE_COLUMNS: usize = 120;

/// The `solution` command.
///
/// # Errors
///
/// When there is no such exercise, or its reference can't be read.
pub fn run(context: &Context, args: &SolutionArgs) -> Result<Exit, Failure> {
    let (chapter, exercise) = lookup::exercise(&context.course, &args.exercise)?;
    if !args.anyway
        && let Some(reason) = withheld(context, chapter, exercise)
    {
        println!("{reason}");
        return Ok(Exit::NotPassed);
    }
    pager::show(&page(context, chapter, exercise)?);
    Ok(Exit::Ok)
}

/// Why the solution is not shown yet, in words for the learner; none when the exercise passes as it stands.
fn withheld(context: &Context, chapter: &Chapter, exercise: &Exercise) -> Option<String> {
    let id = &exercise.id;
    let (progress, _) = Progress::load(&context.root);
    let last = progress.entry(id).last;
    let unchanged = last.is_some_and(|last| last.source == fingerprint(&source_folder(&context.root, chapter), id));
    match (progress.passed(id), unchanged) {
        (true, true) => None,
        (true, false) => Some(format!(
            "{id} passed, but you have changed it since. Check it once more, then the solution is yours to read:\n\n  \
             cargo xtask check {id}\n\nOr read it now: cargo xtask solution {id} --anyway"
        )),
        (false, _) => Some(format!(
            "{id} does not pass yet, and the solution is worth more afterwards. A hint may be all you need:\n\n  \
             cargo xtask hint {id}\n\nIf you have just got it to work, `cargo xtask check {id}` opens the solution.\n\
             If you would rather read it now: cargo xtask solution {id} --anyway"
        )),
    }
}

/// Both versions, ready to show; yours missing is no error.
///
/// # Errors
///
/// When the reference can't be read.
pub fn page(context: &Context, chapter: &Chapter, exercise: &Exercise) -> Result<String, Failure> {
    let (source, reference_name) = reset::solution_of(&context.root, chapter, exercise)?;
    let reference = stubs::without_markers(&source);
    let path = source_folder(&context.root, chapter).join(format!("{}.rs", exercise.id));
    let name = relative(&context.root, &path);
    let mine = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).replace("\r\n", "\n"),
        Err(_) => {
            let head = context.paint.strong(&reference_name);
            return Ok(format!("{head}\n({name} can't be read, so there is nothing beside it.)\n\n{reference}"));
        }
    };
    if mine == reference {
        return Ok(format!("{name} is the reference solution, letter by letter.\n\n{reference}"));
    }
    let columns = wrap::terminal_columns(240);
    Ok(match columns {
        BESIDE_COLUMNS.. => beside(context.paint, [&name, &reference_name], [&mine, &reference], columns),
        _ => unified(context.paint, [&name, &reference_name], [&mine, &reference]),
    })
}

/// Both whole, lines of yours marked `-` and lines of the reference marked `+` where they differ.
fn unified(paint: Paint, names: [&str; 2], texts: [&str; 2]) -> String {
    let mut out = format!("{}\n{}\n\n", paint.bad(&format!("- {}", names[0])), paint.good(&format!("+ {}", names[1])));
    let [mine, reference] = texts.map(lines);
    for line in diff::slice(&mine, &reference) {
        let (mark, style, line) = match line {
            Line::Both(line, _) => (' ', Style::Plain, line),
            Line::Left(line) => ('-', Style::Bad, line),
            Line::Right(line) => ('+', Style::Good, line),
        };
        out.push_str(&paint.style(style, format!("{mark} {line}").trim_end()));
        out.push('\n');
    }
    out
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().collect()
}

/// Both whole in two columns, with lines that correspond at the same height.
fn beside(paint: Paint, names: [&str; 2], texts: [&str; 2], columns: usize) -> String {
    let room = (columns - 3) / 2;
    let [mine, reference] = texts.map(lines);
    let mut out = String::new();
    let mut put = |left: &str, right: &str, bar: &str, styles: [Style; 2]| {
        let (left, right) = (fold(left, room), fold(right, room));
        for row in 0..left.len().max(right.len()) {
            let piece = |side: &[String]| side.get(row).cloned().unwrap_or_default();
            let (left, right) = (piece(&left), piece(&right));
            let gap = " ".repeat(room.saturating_sub(wrap::columns(&left)));
            let line = format!("{}{gap} {bar} {}", paint.style(styles[0], &left), paint.style(styles[1], &right));
            out.push_str(line.trim_end());
            out.push('\n');
        }
    };
    put(&format!("yours: {}", names[0]), &format!("reference: {}", names[1]), " ", [Style::Strong; 2]);
    put(&"─".repeat(room), &"─".repeat(room), "┼", [Style::Dim; 2]);
    for [left, right] in pairs(&mine, &reference) {
        let styles = if left == right { [Style::Plain; 2] } else { [Style::Bad, Style::Good] };
        put(left.unwrap_or_default(), right.unwrap_or_default(), "│", styles);
    }
    out
}

/// The lines of both sides, those that correspond and those that stand in each other's place as pairs.
fn pairs<'t>(mine: &[&'t str], reference: &[&'t str]) -> Vec<[Option<&'t str>; 2]> {
    let mut pairs = Vec::new();
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let settle = |left: &mut Vec<&'t str>, right: &mut Vec<&'t str>, pairs: &mut Vec<_>| {
        pairs.extend((0..left.len().max(right.len())).map(|row| [left.get(row).copied(), right.get(row).copied()]));
        left.clear();
        right.clear();
    };
    for line in diff::slice(mine, reference) {
        match line {
            Line::Left(line) => left.push(*line),
            Line::Right(line) => right.push(*line),
            Line::Both(mine, reference) => {
                settle(&mut left, &mut right, &mut pairs);
                pairs.push([Some(*mine), Some(*reference)]);
            }
        }
    }
    settle(&mut left, &mut right, &mut pairs);
    pairs
}

/// A line of code in pieces of at most `room` columns: broken at a space if there is one in the second half, and indented
/// further than it began, so that it is not taken for two lines.
fn fold(line: &str, room: usize) -> Vec<String> {
    let line = line.replace('\t', "    ");
    let began = line.len() - line.trim_start().len();
    let indent = " ".repeat((began + 4).min(room / 2));
    let mut pieces = Vec::new();
    let mut rest = line.as_str();
    let mut piece = String::new();
    while wrap::columns(&piece) + wrap::columns(rest) > room {
        let room = room - wrap::columns(&piece);
        let (fits, _) = rest
            .char_indices()
            .take_while(|(at, c)| wrap::columns(&rest[..at + c.len_utf8()]) <= room)
            .last()
            .unwrap_or((0, ' '));
        let fits = fits + rest[fits..].chars().next().map_or(0, char::len_utf8);
        let space = rest[..fits].rfind(' ').map(|at| at + 1).filter(|at| *at > fits / 2);
        let (head, tail) = rest.split_at(space.unwrap_or(fits));
        pieces.push(format!("{piece}{}", head.trim_end()));
        piece.clone_from(&indent);
        rest = tail;
    }
    pieces.push(piece + rest);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::files::tests::Scratch;
    use crate::progress::tests::{BOTH, course, summary};
    use crate::progress::{Sources, record};

    const MINE: &str = "fn f() {\n    1\n}\n";
    const REFERENCE: &str = "fn f() {\n    let a = 2;\n    a\n}\n";

    fn context(name: &str) -> (Scratch, Context) {
        let scratch = Scratch::new(name);
        scratch.write("exercises/ch01-one/src/first.rs", MINE);
        let source =
            "fn f() {\n    // learner: begin\n    let a = 2;\n    a\n    // learner: | 1\n    // learner: end\n}\n";
        scratch.write("solutions/ch01-one/src/first.rs", source);
        let context = Context { root: scratch.0.clone(), course: course(), paint: Paint::plain() };
        (scratch, context)
    }

    fn reason(context: &Context) -> Option<String> {
        let (chapter, exercise) = context.course.exercise("first").unwrap();
        withheld(context, chapter, exercise)
    }

    #[test]
    fn the_solution_opens_with_a_pass_and_closes_with_a_change() {
        let (scratch, context) = context("solution-opens");
        assert!(reason(&context).expect("nothing was checked").contains("does not pass yet"));
        let sources = Sources::now(&scratch.0, &context.course);
        assert!(record(&scratch.0, &context.course, &sources, &summary("first", &BOTH)).is_empty());
        assert_eq!(reason(&context), None);
        scratch.write("exercises/ch01-one/src/first.rs", "fn g() {}");
        assert!(reason(&context).expect("it was changed").contains("changed it since"));
    }

    #[test]
    fn the_page_has_both_whole_and_no_markers() {
        let (_scratch, context) = context("solution-page");
        let (chapter, exercise) = context.course.exercise("first").unwrap();
        let page = page(&context, chapter, exercise).unwrap();
        let expected = "- exercises/ch01-one/src/first.rs\n+ solutions/ch01-one/src/first.rs\n\n  fn f() {\n-     1\n+     \
                        let a = 2;\n+     a\n  }\n";
        assert_eq!(page, expected);
    }

    #[test]
    fn a_solution_without_a_file_of_the_learners_stands_alone() {
        let (scratch, context) = context("solution-alone");
        fs::remove_file(scratch.0.join("exercises/ch01-one/src/first.rs")).unwrap();
        let (chapter, exercise) = context.course.exercise("first").unwrap();
        assert!(page(&context, chapter, exercise).unwrap().ends_with(REFERENCE));
    }

    #[test]
    fn beside_each_other_equal_lines_stand_at_the_same_height() {
        let expected = "\
yours: a      reference: b
───────────┬────────────
fn f() {    │ fn f() {
    1       │     let a = 2;
            │     a
}           │ }
";
        let shown = beside(Paint::plain(), ["a", "b"], [MINE, REFERENCE], 31);
        let squeeze = |text: &str| {
            text.lines()
                .filter(|line| !line.contains('─'))
                .map(|l| l.split_whitespace().collect::<Vec<_>>().join(" "))
                .collect::<Vec<_>>()
        };
        assert_eq!(squeeze(&shown), squeeze(expected), "{shown}");
        let bars: Vec<Option<usize>> = shown.lines().skip(2).map(|line| line.chars().position(|c| c == '│')).collect();
        assert_eq!(bars, [Some(15); 4], "{shown}");
    }

    #[test]
    fn lines_at_the_end_of_one_side_alone_are_shown_too() {
        let shown = pairs(&["a", "b", "x"], &["a", "c"]);
        assert_eq!(shown, [[Some("a"), Some("a")], [Some("b"), Some("c")], [Some("x"), None]]);
    }

    #[test]
    fn a_line_too_long_for_its_column_goes_on_below() {
        assert_eq!(fold("  let abcdefgh = one(two);", 20), ["  let abcdefgh =", "      one(two);"]);
        assert_eq!(fold("abcdefghijkl", 10), ["abcdefghij", "    kl"]);
        assert_eq!(fold("abcdefghij", 10), ["abcdefghij"]);
        assert_eq!(fold("", 10), [""]);
        assert_eq!(fold("一二三四五六", 11), ["一二三四五", "    六"]);
    }
}
