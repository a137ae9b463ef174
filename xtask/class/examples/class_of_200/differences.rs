//! Where two reports of the same class differ, apart from times.

use class::model::{ClassReport, Graded};
use report::ExerciseResult;
use xtask::Failure;

/// At most so many are listed.
const LISTED: usize = 40;

/// A report as it was printed, with every number of milliseconds set to 0. In a text of JSON no quote stands for itself, so what
/// a submission has said is never taken for a key.
pub fn without_times(report: &str) -> String {
    const KEY: &str = "\"millis\":";
    let mut pieces = report.split(KEY);
    let mut text = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        text.push_str(KEY);
        text.push('0');
        text.push_str(piece.trim_start_matches(|digit: char| digit.is_ascii_digit()));
    }
    text
}

/// Reads a report.
///
/// # Errors
/// When it is none.
pub fn read(report: &str) -> Result<ClassReport, Failure> {
    serde_json::from_str(report).map_err(|error| Failure::new(format!("The report can't be read: {error}.")))
}

/// Nothing, if they are the same byte for byte; else what differs, by submission, exercise and check.
///
/// # Errors
/// When one of them is no report.
pub fn between(one: &str, other: &str) -> Result<Vec<String>, Failure> {
    let (one, other) = (without_times(one), without_times(other));
    if one == other {
        return Ok(Vec::new());
    }
    let (one, other) = (read(&one)?, read(&other)?);
    let mut found = Vec::new();
    for (one, other) in one.submissions.iter().zip(&other.submissions).filter(|(one, other)| one != other) {
        submissions(one, other, &mut found);
    }
    if found.is_empty() {
        found.push("the reports differ outside their submissions, or in the order of fields".to_owned());
    }
    found.truncate(LISTED);
    Ok(found)
}

fn submissions(one: &Graded, other: &Graded, found: &mut Vec<String>) {
    let all = |graded: &Graded| {
        let hidden = graded.hidden.iter().flat_map(|hidden| hidden.chapters.clone());
        let chapters = graded.chapters.iter().cloned().chain(hidden);
        chapters.flat_map(|chapter| chapter.exercises).collect::<Vec<ExerciseResult>>()
    };
    let before = found.len();
    for (mine, theirs) in all(one).iter().zip(&all(other)).filter(|(mine, theirs)| mine != theirs) {
        let place = format!("{:?}, {}", one.name, mine.id);
        for (mine, theirs) in mine.checks.iter().zip(&theirs.checks).filter(|(mine, theirs)| mine != theirs) {
            let (mine, theirs) = (format!("{mine:?}"), format!("{theirs:?}"));
            let (mine, theirs) = around_the_first_difference(&mine, &theirs);
            found.push(format!("{place}: …{mine}… or …{theirs}…"));
        }
        if mine.checks == theirs.checks {
            let (mine, theirs) = (format!("{mine:?}"), format!("{theirs:?}"));
            let (mine, theirs) = around_the_first_difference(&mine, &theirs);
            found.push(format!("{place}, outside its checks: …{mine}… or …{theirs}…"));
        }
    }
    if found.len() == before {
        found.push(format!("{:?} and {:?}, outside their exercises", one.name, other.name));
    }
}

fn around_the_first_difference(one: &str, other: &str) -> (String, String) {
    const BEFORE: usize = 60;
    const AFTER: usize = 100;
    let same = one.chars().zip(other.chars()).take_while(|(mine, theirs)| mine == theirs).count();
    let cut = |text: &str| text.chars().skip(same.saturating_sub(BEFORE)).take(BEFORE + AFTER).collect();
    (cut(one), cut(other))
}
