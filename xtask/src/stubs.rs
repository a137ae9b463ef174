//! Cuts the learner's stub out of a reference solution.
//!
//! A stub kept by hand drifts from the solution that proves it solvable: an argument gets a new name, and the learner
//! starts from code that no longer fits. So the solution is the only source. Markers in it, each alone on a line, say
//! what the learner writes:
//!
//! ```text
//! // learner: begin
//! …code that is taken out…
//! // learner: | todo!("send the request, and again when no answer comes")
//! // learner: end
//! ```
//!
//! A `|` line stands in the stub in place of the code, with the indentation of its marker; there may be several or none.
//! Lines outside the markers stay as they are.

use std::{fmt, fs};

use crate::checkout::relative;
use crate::cli::StubsArgs;
use crate::course::Chapter;
use crate::reset::{self, Replaced};
use crate::source::Source;
use crate::{Context, Exit, Failure, progress};

const MARKER: &str = "// learner:";

/// Why no stub can be cut from a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CutError {
    /// Counted from one.
    pub line: usize,
    reason: String,
}

impl fmt::Display for CutError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}: {}", self.line, self.reason)
    }
}

impl std::error::Error for CutError {}

enum Line<'a> {
    Code(&'a str),
    Begin,
    Instead { indent: &'a str, text: &'a str },
    End,
}

fn classify(line: &str) -> Result<Line<'_>, String> {
    let Some(at) = line.find(MARKER) else { return Ok(Line::Code(line)) };
    let (indent, marker) = line.split_at(at);
    if !indent.trim().is_empty() {
        return Err(format!("`{MARKER}` has to stand alone on its line, not after `{}`", indent.trim()));
    }
    match marker[MARKER.len()..].trim() {
        "begin" => Ok(Line::Begin),
        "end" => Ok(Line::End),
        rest => match rest.strip_prefix('|') {
            Some(text) => Ok(Line::Instead { indent, text: text.strip_prefix(' ').unwrap_or(text) }),
            None => Err(format!("`{MARKER} {rest}` is no marker; there are `begin`, `| TEXT` and `end`")),
        },
    }
}

/// The stub of a reference solution.
///
/// The result ends with one line break. Where a block leaves nothing behind, the blank lines round it become one, or
/// none next to a brace, so that a stub is formatted when its solution is.
///
/// # Errors
///
/// Names the line of a marker that is unknown, not alone on its line, nested, outside a block, or never closed.
pub fn cut(source: &str) -> Result<String, CutError> {
    let mut stub: Vec<String> = Vec::new();
    let mut opened: Option<usize> = None;
    // True while all that follows the last block is still blank.
    let mut seam = false;
    for (number, line) in (1..).zip(source.lines()) {
        let fail = |reason: String| CutError { line: number, reason };
        match (classify(line).map_err(fail)?, opened) {
            (Line::Begin, None) => opened = Some(number),
            (Line::Begin, Some(first)) => {
                return Err(fail(format!("a block begins inside the one that began on line {first}")));
            }
            (Line::End, Some(_)) => (opened, seam) = (None, true),
            (Line::End, None) => return Err(fail("a block ends here that never began".to_owned())),
            (Line::Instead { indent, text }, Some(_)) => stub.push(format!("{indent}{text}").trim_end().to_owned()),
            (Line::Instead { .. }, None) => {
                return Err(fail(format!("`{MARKER} |` belongs between `begin` and `end`")));
            }
            (Line::Code(_), Some(_)) => {}
            (Line::Code(code), None) if seam => seam = !join(&mut stub, code),
            (Line::Code(code), None) => stub.push(code.to_owned()),
        }
    }
    if let Some(line) = opened {
        return Err(CutError { line, reason: "the block that begins here never ends".to_owned() });
    }
    Ok(finish(&stub))
}

/// Puts a line after a seam; whether it was code, which ends the seam.
fn join(stub: &mut Vec<String>, code: &str) -> bool {
    let after_blank = stub.last().is_none_or(|last| last.trim().is_empty());
    let after_opening = stub.last().is_some_and(|last| last.trim_end().ends_with(['{', '(', '[']));
    if code.trim().is_empty() {
        if !after_blank && !after_opening {
            stub.push(String::new());
        }
        return false;
    }
    if code.trim_start().starts_with(['}', ')', ']']) {
        while stub.last().is_some_and(|last| last.trim().is_empty()) {
            stub.pop();
        }
    }
    stub.push(code.to_owned());
    true
}

fn finish(lines: &[String]) -> String {
    let text = lines.join("\n");
    let body = text.trim_end();
    let start = body.len() - body.trim_start_matches('\n').len();
    format!("{}\n", &body[start..])
}

/// The reference solution as one would write it: the code of the blocks stays, the markers go.
///
/// A source whose markers [`cut`] refuses loses only the lines that are markers.
pub fn without_markers(source: &str) -> String {
    let is_marker = |line: &str| line.trim_start().starts_with(MARKER);
    let lines: Vec<String> = source.lines().filter(|line| !is_marker(line)).map(str::to_owned).collect();
    finish(&lines)
}

/// Whether two sources are the same but for the line breaks that git puts there on Windows.
pub fn same_text(left: &str, right: &str) -> bool {
    left.lines().eq(right.lines())
}

/// Whether this is the text of an exercise that nobody has begun. Not if it can't be found out.
pub fn is_untouched(context: &Context, chapter: &Chapter, id: &str, text: &str) -> bool {
    let solution = Source::Solutions.unit(&context.root, chapter, id).file;
    let stub = fs::read_to_string(solution).ok().and_then(|solution| cut(&solution).ok());
    stub.is_some_and(|stub| same_text(&stub, text))
}

/// The `stubs` command: writes every stub, or with `--check` says which differ from the cut. What stood in a file that is
/// overwritten is kept, as `reset` does.
///
/// # Errors
///
/// When a solution is missing or its markers are wrong, or the disk refuses.
pub fn run(context: &Context, args: &StubsArgs) -> Result<Exit, Failure> {
    let mut drifted = 0;
    for chapter in &context.course.chapters {
        for exercise in &chapter.exercises {
            let stub = reset::stub_of(&context.root, chapter, exercise)?;
            let path = progress::source_folder(&context.root, chapter).join(format!("{}.rs", exercise.id));
            let name = relative(&context.root, &path);
            if args.check {
                if !fs::read_to_string(&path).is_ok_and(|text| same_text(&text, &stub)) {
                    drifted += 1;
                    println!("{name} is not the cut of its solution");
                }
                continue;
            }
            match reset::replace(&context.root, &path, &exercise.id, &stub)? {
                Replaced::Same => println!("{name} is up to date"),
                Replaced::Missing => println!("{name} is new"),
                Replaced::Kept(kept) => println!("{name} is cut anew; kept {}", relative(&context.root, &kept)),
            }
        }
    }
    if drifted == 0 {
        return Ok(Exit::Ok);
    }
    println!(
        "\n`cargo xtask stubs` writes them. In a checkout with exercises already solved, this is as it should be."
    );
    Ok(Exit::NotPassed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &[&str]) -> String {
        text.join("\n") + "\n"
    }

    #[test]
    fn a_block_becomes_its_replacement_at_the_markers_indentation() {
        let solution = lines(&[
            "fn call() {",
            "    // learner: begin",
            "    let answer = 42;",
            "    answer",
            "    // learner: | let hint = 1;",
            "    // learner: |     todo!(\"call\")",
            "    // learner: end",
            "}",
        ]);
        let stub = lines(&["fn call() {", "    let hint = 1;", "        todo!(\"call\")", "}"]);
        assert_eq!(cut(&solution), Ok(stub));
    }

    #[test]
    fn lines_outside_blocks_stay_as_they_are() {
        let source = lines(&["//! Page.", "", "", "// a comment about a learner: begin", "struct A;  "]);
        assert_eq!(cut(&source).unwrap(), source.trim_end().to_owned() + "\n");
    }

    #[test]
    fn a_block_without_replacement_leaves_one_blank_line() {
        let source =
            lines(&["use a;", "", "// learner: begin", "use b;", "", "use c;", "// learner: end", "", "", "fn f() {}"]);
        assert_eq!(cut(&source), Ok(lines(&["use a;", "", "fn f() {}"])));
    }

    #[test]
    fn two_blocks_in_a_row_leave_one_blank_line_too() {
        let block = ["// learner: begin", "struct B;", "// learner: end", ""];
        let source = lines(&[&["struct A;", ""][..], &block, &block, &["struct C;"]].concat());
        assert_eq!(cut(&source), Ok(lines(&["struct A;", "", "struct C;"])));
    }

    #[test]
    fn no_blank_line_is_left_next_to_a_brace_or_at_the_ends_of_the_file() {
        let source = lines(&[
            "// learner: begin",
            "use a;",
            "// learner: end",
            "",
            "struct A {",
            "    // learner: begin",
            "    field: u32,",
            "    // learner: end",
            "",
            "    kept: u32,",
            "",
            "    // learner: begin",
            "    other: u32,",
            "    // learner: end",
            "}",
            "",
            "// learner: begin",
            "fn g() {}",
            "// learner: end",
        ]);
        assert_eq!(cut(&source), Ok(lines(&["struct A {", "    kept: u32,", "}"])));
    }

    #[test]
    fn blank_lines_that_are_not_at_a_block_are_the_authors() {
        let source = lines(&["a", "", "", "b", "// learner: begin", "x", "// learner: end", "c"]);
        assert_eq!(cut(&source), Ok(lines(&["a", "", "", "b", "c"])));
    }

    #[test]
    fn an_empty_replacement_line_carries_no_blanks() {
        let source = lines(&[
            "{",
            "    // learner: begin",
            "    // learner: | a",
            "    // learner: |",
            "    // learner: | b",
            "    // learner: end",
            "}",
        ]);
        assert_eq!(cut(&source), Ok(lines(&["{", "    a", "", "    b", "}"])));
    }

    #[test]
    fn windows_line_breaks_are_read_and_not_written() {
        let source = "a\r\n// learner: begin\r\nb\r\n// learner: | c\r\n// learner: end\r\nd\r\n";
        assert_eq!(cut(source).as_deref(), Ok("a\nc\nd\n"));
    }

    #[test]
    fn wrong_markers_are_refused_with_their_line() {
        let line_of = |source: &[&str]| cut(&lines(source)).map_err(|error| error.line);
        assert_eq!(line_of(&["a", "// learner: begin", "b"]), Err(2), "never closed");
        assert_eq!(line_of(&["// learner: begin", "b", "// learner: begin", "// learner: end"]), Err(3), "nested");
        assert_eq!(line_of(&["a", "// learner: end"]), Err(2), "never opened");
        assert_eq!(line_of(&["a", "// learner: | b"]), Err(2), "a replacement outside");
        assert_eq!(line_of(&["a", "b", "// learner: start"]), Err(3), "an unknown word");
        assert_eq!(line_of(&["let a = 1; // learner: begin"]), Err(1), "not alone");
        assert_eq!(line_of(&["// learner: begin", "c", "// learner: note d", "// learner: end"]), Err(3), "inside");
    }

    #[test]
    fn an_error_says_what_is_wrong_in_words() {
        let error = cut("x // learner: begin\n").unwrap_err();
        assert_eq!(error.to_string(), "line 1: `// learner:` has to stand alone on its line, not after `x`");
    }

    #[test]
    fn the_reference_is_shown_without_its_markers() {
        let source =
            lines(&["{", "    // learner: begin", "    1", "    // learner: | todo!()", "    // learner: end", "}"]);
        assert_eq!(without_markers(&source), lines(&["{", "    1", "}"]));
    }

    #[test]
    fn line_breaks_of_another_system_make_no_difference() {
        assert!(same_text("a\r\nb\r\n", "a\nb\n"));
        assert!(!same_text("a\nb\n", "a\nc\n"));
    }
}
