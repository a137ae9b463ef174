//! Do the checks deserve trust? `cargo xtask prove`.
//!
//! A check is an instrument, and instruments are calibrated on what is known: reference solutions and variants must
//! pass, stubs must meet a `todo!()`, a null implementation must earn nothing, and every mutant must fail exactly the
//! checks it says. All specimens of all exercises are compiled into one program and run on all cores.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::check;
use crate::cli::ProveArgs;
use crate::course::{Chapter, Exercise};
use crate::grade;
use crate::guest;
use crate::lookup;
use crate::meter::Meter;
use crate::supervise::{Job, Outcome};
use crate::{Context, Exit, Failure};

pub mod judge;
pub mod specimen;
mod table;

use specimen::{Collection, Specimen};

/// The schema name in the JSON.
pub const SCHEMA: &str = "faultlines/prove/v1";

/// What came of it all.
#[derive(Clone, Debug, Serialize)]
pub struct Proof {
    /// Always [`SCHEMA`].
    pub schema: &'static str,
    /// In the order of the course.
    pub exercises: Vec<Proven>,
}

/// What came of one exercise.
#[derive(Clone, Debug, Serialize)]
pub struct Proven {
    /// `flaky_rpc`.
    pub id: String,
    /// How many checks it has.
    pub checks: usize,
    /// How many variants it has.
    pub variants: usize,
    /// The median number of entries in the schedules that caught the mutants, after shrinking.
    pub median_entries: Option<usize>,
    /// In the order of the file.
    pub mutants: Vec<judge::Caught>,
    /// What is not as it should be; empty if the checks deserve trust.
    pub problems: Vec<String>,
}

/// What became of a specimen: it does not compile, or was graded.
#[derive(Clone, Debug)]
pub enum Fate {
    /// rustc's messages.
    Refused(String),
    /// One outcome a seed, from seed 1 on.
    Graded(Vec<Outcome>),
}

/// Proves the exercises asked for.
pub fn run(context: &Context, args: &ProveArgs) -> Result<Exit, Failure> {
    let plain = context.plain();
    let context = if args.json { &plain } else { context };
    let exercises = wanted(context, &args.exercises)?;
    let meter = Meter::new();
    let proof = prove(context, &exercises, args.seeds, &meter)?;
    meter.clear();
    let text = if args.json {
        serde_json::to_string(&proof).expect("a proof has only string keys") + "\n"
    } else {
        table::text(context, &proof)
    };
    check::print(&text);
    Ok(Exit::passed(proof.exercises.iter().all(|exercise| exercise.problems.is_empty())))
}

/// The exercises of these names; all if there are none.
///
/// # Errors
/// If the course has no such exercise.
pub fn wanted<'c>(context: &'c Context, ids: &[String]) -> Result<Vec<(&'c Chapter, &'c Exercise)>, Failure> {
    if ids.is_empty() {
        let chapters = context.course.chapters.iter();
        return Ok(chapters.flat_map(|chapter| chapter.exercises.iter().map(move |e| (chapter, e))).collect());
    }
    ids.iter().map(|id| lookup::exercise(&context.course, id)).collect()
}

/// Collects, compiles, runs and judges.
///
/// # Errors
/// If the course itself does not compile, or the disk refuses.
pub fn prove(
    context: &Context,
    exercises: &[(&Chapter, &Exercise)],
    seeds: u64,
    meter: &Meter,
) -> Result<Proof, Failure> {
    let collections: Vec<Collection<'_>> = exercises
        .iter()
        .map(|(chapter, exercise)| specimen::collect(context, chapter, exercise))
        .collect::<Result<_, _>>()?;
    let specimens: Vec<&Specimen> = collections.iter().flat_map(|collection| &collection.specimens).collect();
    let fates = fates(context, &specimens, seeds, meter)?;
    let exercises = collections.iter().map(|collection| judge::exercise(collection, &fates)).collect();
    Ok(Proof { schema: SCHEMA, exercises })
}

/// Compiles all specimens into one program and runs each of them, by name.
fn fates(
    context: &Context,
    specimens: &[&Specimen],
    seeds: u64,
    meter: &Meter,
) -> Result<BTreeMap<String, Fate>, Failure> {
    if specimens.is_empty() {
        return Ok(BTreeMap::new());
    }
    meter.stage(&format!("compiling {} solutions, stubs, mutants and variants", specimens.len()));
    let guests = specimens.iter().map(|specimen| specimen.guest.clone()).collect();
    let settled = guest::build(context, meter, "prove", guests)?;
    let mut jobs = Vec::new();
    for specimen in specimens.iter().filter(|specimen| !settled.refused.contains_key(&specimen.guest.name)) {
        let program = settled.program.clone().expect("there is a program as long as something compiles");
        jobs.extend(specimen.seeds(seeds).map(|seed| Some(job(context, specimen, &program, seed))));
    }
    meter.stage(&format!("running {} of them", jobs.len()));
    let outcomes = grade::run_all(&jobs, meter);
    let refused = settled.refused.into_iter().map(|(name, messages)| (name, Fate::Refused(messages)));
    let mut fates: BTreeMap<String, Fate> = refused.collect();
    for (job, outcome) in jobs.into_iter().flatten().zip(outcomes.into_iter().flatten()) {
        let fate = fates.entry(job.exercise).or_insert_with(|| Fate::Graded(Vec::new()));
        if let Fate::Graded(outcomes) = fate {
            outcomes.push(outcome);
        }
    }
    Ok(fates)
}

fn job(context: &Context, specimen: &Specimen, program: &std::path::Path, seed: u64) -> Job {
    Job {
        program: program.to_owned(),
        exercise: specimen.guest.name.clone(),
        checks: specimen.checks.clone(),
        unlisted: true,
        options: vec!["--seed".to_owned(), seed.to_string()],
        budget: context.course.budget,
    }
}
