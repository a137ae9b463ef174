//! Results from several machines, joined to what one run would have given.
//!
//! Two kinds of results are joined: the shares of one class, of which every one must be there exactly once, and whole
//! classes (the sections of a course) with different people in them. What can't have come from one run is refused instead
//! of guessed at: a grade that depends on which folder was named first can't be defended.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;
use xtask::Failure;

use crate::store::{Header, Results};
use crate::work::Whole;

/// Results, joined.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merged {
    /// See [`Header::plan`].
    pub plan: Value,
    /// What is graded to the end, in the order of names.
    pub class: Vec<Whole>,
    /// The names of what isn't.
    pub ungraded: Vec<String>,
    /// Shares that were not given: `3/7`.
    pub missing_shares: Vec<String>,
    /// Files that were no use, and why.
    pub notes: Vec<String>,
}

/// Joins results, each with the path that it was read from.
///
/// # Errors
/// If they can't have come from one run, with what doesn't fit and where it is.
pub fn merge(inputs: Vec<(PathBuf, Results)>) -> Result<Merged, Failure> {
    let headers: Vec<(&PathBuf, &Header)> = inputs.iter().map(|(path, results)| (path, &results.header)).collect();
    let Some((first, rest)) = headers.split_first() else { return Ok(Merged::default()) };
    rest.iter().try_for_each(|other| fits(*first, *other))?;
    let missing_shares = missing_shares(&headers)?;
    let mut merged = Merged { plan: first.1.plan.clone(), missing_shares, ..Merged::default() };
    let mut people: BTreeMap<String, (PathBuf, Option<Whole>)> = BTreeMap::new();
    for (path, mut results) in inputs {
        merged.notes.append(&mut results.notes);
        let (wholes, others) = results.wholes();
        let wholes = wholes.into_iter().map(|whole| (whole.name.clone(), Some(whole)));
        for (name, whole) in wholes.chain(others.into_iter().map(|name| (name, None))) {
            match people.get_mut(&name) {
                None => drop(people.insert(name, (path.clone(), whole))),
                Some((earlier_path, earlier)) => {
                    same(&name, (earlier_path, earlier.as_ref()), (&path, whole.as_ref()))?;
                    if earlier.is_none() {
                        *earlier = whole;
                    }
                }
            }
        }
    }
    for (name, (_, whole)) in people {
        match whole {
            Some(whole) => merged.class.push(whole),
            None => merged.ungraded.push(name),
        }
    }
    Ok(merged)
}

/// Whether two results were graded alike.
fn fits(one: (&PathBuf, &Header), other: (&PathBuf, &Header)) -> Result<(), Failure> {
    let mut differences = other.1.identity.differences(&one.1.identity);
    let set_alike = one.1.plan == other.1.plan && one.1.exercises == other.1.exercises;
    if !set_alike && !differences.contains(&ANOTHER_ASSIGNMENT) {
        differences.push(ANOTHER_ASSIGNMENT);
    }
    if !differences.is_empty() {
        return Err(Failure::new(format!(
            "{} was graded with {} than {}.\n\nGrade one of them again as the other was graded.",
            other.0.display(),
            differences.join(" and "),
            one.0.display()
        )));
    }
    let told = |header: &Header| header.partition.map_or("all of a class".to_owned(), |share| format!("share {share}"));
    let of = |header: &Header| header.partition.map(|share| share.of());
    if of(one.1) != of(other.1) {
        return Err(Failure::new(format!(
            "{} is {} and {} is {}, which can't be joined.\n\nGive all shares of one division, or whole classes only.",
            one.0.display(),
            told(one.1),
            other.0.display(),
            told(other.1)
        )));
    }
    if one.1.partition.is_some() && one.1.class != other.1.class {
        return Err(another_class(one, other));
    }
    Ok(())
}

const ANOTHER_ASSIGNMENT: &str = "another assignment";

/// Two machines that saw different folders may both have left somebody out, each taking them for the other's.
fn another_class(one: (&PathBuf, &Header), other: (&PathBuf, &Header)) -> Failure {
    let beyond = |this: &Header, that: &Header| this.class.iter().find(|name| !that.class.contains(name)).cloned();
    let example = match (beyond(one.1, other.1), beyond(other.1, one.1)) {
        (Some(name), _) => format!("`{name}` was handed in only where {} was graded", one.0.display()),
        (None, Some(name)) => format!("`{name}` was handed in only where {} was graded", other.0.display()),
        (None, None) => "their names are in another order".to_owned(),
    };
    Failure::new(format!(
        "{} and {} are shares of different classes: {example}.\n\nGrade all shares of the same folder of submissions; with \
         --resume that is quick for those who are graded already.",
        one.0.display(),
        other.0.display()
    ))
}

/// The shares that are not there.
fn missing_shares(headers: &[(&PathBuf, &Header)]) -> Result<Vec<String>, Failure> {
    let mut given = BTreeMap::new();
    let mut of = 0;
    for (path, header) in headers {
        let Some(partition) = header.partition else { continue };
        of = partition.of();
        if let Some(earlier) = given.insert(partition.share(), path) {
            return Err(Failure::new(format!(
                "Share {partition} is there twice: {} and {}.\n\nName each share once.",
                earlier.display(),
                path.display()
            )));
        }
    }
    Ok((1..=of).filter(|share| !given.contains_key(share)).map(|share| format!("{share}/{of}")).collect())
}

/// Whether two submissions of one name are one.
fn same(name: &str, one: (&PathBuf, Option<&Whole>), other: (&PathBuf, Option<&Whole>)) -> Result<(), Failure> {
    let (Some(first), Some(second)) = (one.1, other.1) else { return Ok(()) };
    let sources = |whole: &Whole| whole.parts.iter().map(|part| part.source.clone()).collect::<Vec<_>>();
    let what = if sources(first) != sources(second) {
        "Two different submissions are called"
    } else if without_times(first) != without_times(second) {
        "The same source got two different verdicts in"
    } else {
        return Ok(());
    };
    Err(Failure::new(format!(
        "{what} `{name}`: in {} and in {}.\n\nLeave one of them out, or rename a submission and grade it again.",
        one.0.display(),
        other.0.display()
    )))
}

/// A submission as it is whenever and wherever it is graded.
fn without_times(whole: &Whole) -> Whole {
    let mut whole = whole.clone();
    let results = whole.parts.iter_mut().flat_map(|part| &mut part.verdict.results);
    results.flat_map(|result| &mut result.checks).for_each(|check| check.millis = 0);
    whole
}

#[cfg(test)]
mod tests;
