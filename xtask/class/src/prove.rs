//! Is the verdict from outside the one from inside? `cargo xtask grade prove`, for authors.
//!
//! The specimens of `cargo xtask prove` (solutions, stubs, mutants, variants, null implementations) are graded as if they had
//! been handed in, and judged by the same expectations. Those demand of every mutant which checks it fails, so two ways
//! of grading that meet them agree on every check.

use std::collections::BTreeMap;

use serde::Serialize;
use xtask::course::{Chapter, Exercise};
use xtask::meter::Meter;
use xtask::prove::specimen::{self, Collection, Kind, Specimen};
use xtask::prove::{Fate, Proof, SCHEMA, judge};
use xtask::supervise::Outcome;
use xtask::{Context, Failure, grade};

use crate::bench::Bench;
use crate::work::{Grader, Source, Trouble};

/// What came of it.
#[derive(Debug, Default, Serialize)]
pub struct Proven {
    /// How many specimens were graded.
    pub specimens: usize,
    /// What is not as it should be, each with its exercise.
    pub problems: Vec<String>,
}

/// Grades the solutions and null implementations of these exercises and at most so many mutants of each, and judges what comes.
///
/// # Errors
///
/// If one can't be collected or graded.
pub fn sample(
    context: &Context,
    bench: &Bench,
    exercises: &[(&Chapter, &Exercise)],
    mutants: usize,
    meter: &Meter,
) -> Result<Proven, Failure> {
    let mut proven = Proven::default();
    for (chapter, exercise) in exercises {
        let mut collection = specimen::collect(context, chapter, exercise)?;
        keep_mutants(&mut collection, mutants);
        for (specimen, fate) in collection.specimens.iter().zip(fates(bench, &collection, meter)?) {
            let problems = judge::specimen_problems(specimen, &fate);
            proven.problems.extend(problems.into_iter().map(|problem| format!("{}: {problem}", exercise.id)));
            proven.specimens += 1;
        }
    }
    Ok(proven)
}

/// The same for all specimens, as a proof that can be compared with the one from inside.
///
/// # Errors
///
/// If one can't be collected or graded.
pub fn whole(
    context: &Context,
    bench: &Bench,
    exercises: &[(&Chapter, &Exercise)],
    meter: &Meter,
) -> Result<Proof, Failure> {
    let mut proven = Vec::new();
    for (chapter, exercise) in exercises {
        let collection = specimen::collect(context, chapter, exercise)?;
        let fates = fates(bench, &collection, meter)?;
        let names = collection.specimens.iter().map(|specimen| specimen.guest.name.clone());
        let fates: BTreeMap<String, Fate> = names.zip(fates).collect();
        proven.push(judge::exercise(&collection, &fates));
    }
    Ok(Proof { schema: SCHEMA, exercises: proven })
}

/// Leaves out stubs and variants, and mutants at even distances in their file, which goes from promise to promise.
fn keep_mutants(collection: &mut Collection<'_>, most: usize) {
    let count = collection.mutants().count();
    let mut number = 0;
    collection.specimens.retain(|specimen| {
        if !matches!(specimen.kind, Kind::Mutant(_)) {
            return matches!(specimen.kind, Kind::Solution | Kind::Null);
        }
        let kept = (number * most) / count != ((number + 1) * most) / count;
        number += 1;
        kept || most >= count
    });
}

fn fates(bench: &Bench, collection: &Collection<'_>, meter: &Meter) -> Result<Vec<Fate>, Failure> {
    meter.stage(&format!("{}: {} specimens", collection.exercise.id, collection.specimens.len()));
    grade::parallel(&collection.specimens, |specimen| fate(bench, collection, specimen)).into_iter().collect()
}

fn fate(bench: &Bench, collection: &Collection<'_>, specimen: &Specimen) -> Result<Fate, Failure> {
    let file = &specimen.guest.file;
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::new(format!("{} can't be read: {error}", file.display())))?;
    let name = &specimen.guest.name;
    let verdict = bench.grade(name, &collection.exercise.id, &Source::Text(text)).map_err(|trouble| {
        let (Trouble::Here(why) | Trouble::Everywhere(why)) = trouble;
        Failure::new(format!("{name} can't be graded: {why}"))
    })?;
    let result = verdict.results.into_iter().next().expect("there is a result for the usual seed");
    if result.checks.is_empty() {
        return Ok(Fate::Refused(result.compiler));
    }
    Ok(Fate::Graded(vec![Outcome { checks: result.checks, ..Outcome::default() }]))
}
