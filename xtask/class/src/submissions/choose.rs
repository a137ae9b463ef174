//! Which of the files with the right name is the source of an exercise.
//!
//! Learners hand in whole checkouts, the `exercises` folder, a chapter, or loose files. The place that is most like the
//! course's own wins; two files in equally good places are not chosen between, because whichever was taken, somebody would
//! be graded for a file they did not mean.

use super::gather::{Candidate, Gatherer};
use super::{Refusal, Source, shown};

/// How many paths are told when there are too many.
const TOLD: usize = 4;

/// The source of an exercise, whose chapter is in the folder `chapter`; none if there is no file of that name where
/// files are looked for.
pub(crate) fn choose(gathered: &Gatherer<'_>, exercise: &str, chapter: &str) -> Option<Result<Source, Refusal>> {
    let candidates = gathered.candidates.get(exercise)?.iter();
    let mut best: Vec<&Candidate> = candidates.filter(|candidate| gathered.is_in_place(&candidate.path)).collect();
    let least = best.iter().map(|candidate| oddness(&candidate.path, chapter)).min()?;
    best.retain(|candidate| oddness(&candidate.path, chapter) == least);
    best.sort_by(|one, other| one.path.cmp(&other.path));
    Some(one_of(&best).and_then(read))
}

/// How unlike the course's own the place of a file is.
fn oddness(path: &[String], chapter: &str) -> usize {
    let parents: Vec<&str> = path.iter().rev().skip(1).map(String::as_str).collect();
    let is = |place: usize, name: &str| parents.get(place).is_some_and(|parent| parent.eq_ignore_ascii_case(name));
    match (is(0, "src"), is(1, chapter)) {
        (true, true) => 0,
        (true, false) => 1,
        (false, _) => 2,
    }
}

/// The only candidate, or any if all are the same.
fn one_of<'c>(best: &[&'c Candidate]) -> Result<&'c Candidate, Refusal> {
    let first = best[0];
    let same = |other: &&Candidate| matches!((&first.content, &other.content), (Ok(one), Ok(other)) if one == other);
    if best[1..].iter().all(same) {
        return Ok(first);
    }
    let mut told: Vec<String> = best.iter().take(TOLD).map(|candidate| shown(&candidate.path.join("/"))).collect();
    if best.len() > TOLD {
        told.push(format!("{} more", best.len() - TOLD));
    }
    Err(Refusal::new(format!(
        "Several files of that name differ, and which is meant can't be told: {}. Hand in one.",
        told.join(", ")
    )))
}

fn read(candidate: &Candidate) -> Result<Source, Refusal> {
    let path = shown(&candidate.path.join("/"));
    let bytes = match &candidate.content {
        Ok(bytes) => bytes.clone(),
        Err(reason) => return Err(Refusal::new(format!("{path} {reason}"))),
    };
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Source { path, text }),
        Err(error) => {
            let good = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = good.iter().filter(|byte| **byte == b'\n').count() + 1;
            Err(Refusal::new(format!(
                "{path} is not UTF-8 text; the first byte that is not stands in line {line}. Save the file as UTF-8."
            )))
        }
    }
}
