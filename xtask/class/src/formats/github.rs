//! What a learner sees on GitHub: annotations, the log of the step, and its summary. For one submission.
//!
//! The runner reads commands out of whatever a step prints (`::error …::…` and, anywhere in a line, `##[error]…`). So all
//! that a submission had a hand in is printed between `::stop-commands::TOKEN` and `::TOKEN::`, with a token that nobody can
//! guess; the annotations before it are escaped as `@actions/core` does it, and nothing else is printed.
//!
//! GitHub shows ten errors and ten warnings of a step, drops the rest without a word, and refuses a summary of more than a
//! mebibyte as a whole. Both limits are kept here, with a line that says what was left out.

use std::fmt::{self, Write as _};

use report::ExerciseStatus;

use crate::formats::items::{Item, items};
use crate::formats::plain;
use crate::model::Graded;

mod markdown;

pub use markdown::{SUMMARY_BYTES, summary};

/// The errors of a step that GitHub shows.
pub const MOST_ERRORS: usize = 10;

/// The most of a story that an annotation carries, in bytes; the log and the summary have it whole.
const ANNOTATION_BYTES: usize = 4 * 1024;

/// What ends a stretch of output in which the runner reads no commands. To be drawn anew for every step.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

/// Why there is no token.
#[derive(Debug)]
pub struct NoRandomness(getrandom::Error);

impl fmt::Display for NoRandomness {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "The operating system gives no random numbers: {}.\n\n", self.0)?;
        write!(out, "Without them, a submission could print commands to GitHub's runner, so nothing was printed.")
    }
}

impl std::error::Error for NoRandomness {}

impl Token {
    /// A token of 128 random bits.
    ///
    /// # Errors
    /// When the operating system has no random numbers.
    pub fn random() -> Result<Token, NoRandomness> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(NoRandomness)?;
        Ok(Token(bytes.iter().map(|byte| format!("{byte:02x}")).collect()))
    }
}

/// What the step prints: the annotations, then the whole report with commands stopped. `file` gives the path of an exercise
/// in the learner's repository, if it is there.
pub fn log(graded: &Graded, file: impl Fn(&str) -> Option<String>, token: &Token) -> String {
    let view = graded.for_learner();
    let mut out = annotations(&view, file);
    let report = report(&view);
    assert!(!report.contains(&token.0), "a token of 128 random bits is in no text that was there before it");
    let _ = write!(out, "::stop-commands::{0}\n{report}::{0}::\n", token.0);
    out
}

/// One error for each promise that is broken, up to what GitHub shows. What was not begun is no error.
fn annotations(view: &Graded, file: impl Fn(&str) -> Option<String>) -> String {
    let items = items(view);
    let broken: Vec<&Item<'_>> = items.iter().filter(|item| !item.holds && is_begun(item)).collect();
    let mut out = String::new();
    for item in broken.iter().take(MOST_ERRORS) {
        let _ = writeln!(out, "{}", annotation(item, file(&item.exercise.id)));
    }
    if let Some(more) = broken.len().checked_sub(MOST_ERRORS).filter(|more| *more > 0) {
        let message = format!("{more} more checks fail. The log and the summary of this step have them all.");
        let _ = writeln!(out, "::warning title=Faultlines::{}", data(&message));
    }
    out
}

fn is_begun(item: &Item<'_>) -> bool {
    item.verdict != "not_implemented" && item.exercise.status != ExerciseStatus::NotStarted
}

fn annotation(item: &Item<'_>, file: Option<String>) -> String {
    let mut properties = Vec::new();
    if let Some(file) = file {
        properties.push(format!("file={}", property(&file)));
        let line = line_of(&item.exercise.id, &item.story).unwrap_or(1);
        properties.push(format!("line={line}"));
    }
    properties.push(format!("title={}", property(&item.title())));
    let message = match item.story.trim() {
        "" => item.verdict,
        story => story,
    };
    format!("::error {}::{}", properties.join(","), data(&plain::cut(message, ANNOTATION_BYTES)))
}

/// The first line of the exercise's file that a panic or the compiler names in `text`.
fn line_of(exercise: &str, text: &str) -> Option<u32> {
    let name = format!("{exercise}.rs:");
    text.match_indices(&name).find_map(|(at, _)| {
        let rest = &text[at + name.len()..];
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        rest[..digits].parse().ok().filter(|line| *line > 0)
    })
}

/// Escapes the data of a command, as `escapeData` of `@actions/core` does.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// Escapes the value of a property, as `escapeProperty` of `@actions/core` does.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The submission as lines, everything in it whole.
fn report(view: &Graded) -> String {
    let mut out = format!("{}\n", plain::line(&view.name));
    for note in &view.notes {
        let _ = writeln!(out, "{}", plain::lines(note));
    }
    let mut exercise = String::new();
    for item in items(view) {
        if exercise != item.exercise.id {
            exercise.clone_from(&item.exercise.id);
            let _ = writeln!(out, "\n{}  {}", plain::line(&exercise), points_of(view, &exercise));
        }
        let mark = if item.holds { "✓" } else { "✗" };
        let verdict = if item.holds { String::new() } else { format!("  {}", item.verdict) };
        let _ = writeln!(out, "  {} {}{verdict}", mark, item.sentence);
        for line in item.story.lines() {
            let _ = writeln!(out, "{}", format!("      {line}").trim_end());
        }
    }
    let _ = writeln!(out, "\n{} of {} points", plain::points(view.score), plain::points(view.max_score));
    out
}

fn points_of(view: &Graded, exercise: &str) -> String {
    let points = |mark: &crate::model::Mark| format!("{}/{}", plain::points(mark.score), plain::points(mark.max_score));
    view.mark(exercise).map(points).unwrap_or_default()
}

#[cfg(test)]
mod tests;
