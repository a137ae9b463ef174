//! A whole run: sources, compiler, checks, summary.
//!
//! Each exercise is graded in a process of its own, as many at a time as the machine has cores. Results are put in the
//! order of `course.toml` afterwards, so nothing in the summary depends on who was ready first.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use report::{ChapterResult, CheckResult, CheckStatus, ExerciseResult, ExerciseStatus, Points, Summary};

use crate::compile::{self, Settled, Unit};
use crate::guest::{self, Guest};
use crate::meter::Meter;
use crate::source::Source;
use crate::supervise::{self, Job, Outcome};
use crate::target::{Part, Selection, Wanted};
use crate::{Context, Failure, scan, stories, stubs};

/// What to grade and how.
#[derive(Clone, Debug)]
pub struct Request<'c> {
    /// Which exercises and checks.
    pub selection: Selection<'c>,
    /// Whose code.
    pub source: Source,
    /// Whether to try many more schedules.
    pub deep: bool,
    /// Another seed than the usual one.
    pub seed: Option<u64>,
    /// A single schedule to run instead, of the only check selected.
    pub replay: Option<String>,
    /// Where to keep the stories of failures as pages, if anywhere.
    pub stories: Option<PathBuf>,
}

impl Request<'_> {
    /// The options that the grading program is given besides exercise and checks.
    pub fn options(&self) -> Vec<String> {
        let seed = self.seed.iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]);
        let replay = self.replay.iter().flat_map(|token| ["--replay".to_owned(), token.clone()]);
        let stories = self.stories.iter().flat_map(|folder| ["--stories".to_owned(), folder.display().to_string()]);
        self.deep.then(|| "--deep".to_owned()).into_iter().chain(seed).chain(replay).chain(stories).collect()
    }
}

/// An exercise on its way to a result.
struct Entry<'c> {
    wanted: &'c Wanted<'c>,
    /// Where it is.
    unit: Unit,
    /// Its text, or why there is none.
    source: Result<String, String>,
    /// rustc's messages if it does not compile.
    compiler: String,
    warnings: usize,
    program: Option<PathBuf>,
    /// Whether it is still the stub, in a chapter that nobody has begun.
    untouched: bool,
}

impl Entry<'_> {
    /// Whether there is something to compile.
    fn is_compiled(&self) -> bool {
        self.source.is_ok() && !self.untouched
    }
}

/// Grades what was asked for.
///
/// # Errors
/// If the course itself does not compile.
pub fn grade(context: &Context, request: &Request<'_>, meter: &Meter) -> Result<Summary, Failure> {
    let mut chapters = Vec::new();
    for (place, part) in request.selection.chapters.iter().enumerate() {
        chapters.push((part, read(context, request, part, place == 0)));
    }
    compile(context, &request.source, &mut chapters, meter)?;
    let entries: Vec<&Entry<'_>> = chapters.iter().flat_map(|(_, entries)| entries).collect();
    let jobs: Vec<Option<Job>> = entries.iter().map(|entry| job(context, request, entry)).collect();
    meter.stage("running the checks");
    let mut outcomes = run_all(&jobs, meter).into_iter();
    let mut results = Vec::new();
    for (part, entries) in &chapters {
        let exercises = entries.iter().zip(outcomes.by_ref()).map(|(entry, outcome)| result(entry, outcome));
        results.push(chapter_result(part, exercises.collect()));
    }
    let mut summary = Summary::new(results, context.course.chapters.len());
    stories::name_pages(context, &mut summary);
    // One schedule that is fine now does not mean that all are.
    if let Some(folder) = request.stories.as_ref().filter(|_| request.replay.is_none()) {
        stories::remove_old(folder, &summary);
    }
    Ok(summary)
}

/// Reads a chapter's exercises.
///
/// A chapter that nobody has begun isn't compiled, unless it is the first that was asked for: nobody who works on the second
/// has to wait for the eight after it, and every check of a stub is known to meet a `todo!()` (`prove` sees to that).
fn read<'c>(context: &Context, request: &'c Request<'c>, part: &'c Part<'c>, first: bool) -> Vec<Entry<'c>> {
    let read = |wanted: &'c Wanted<'c>| {
        let unit = request.source.unit(&context.root, part.chapter, &wanted.exercise.id);
        let source = request.source.read(context, &unit);
        // What can't be read doesn't compile, and the reason stands in the place of rustc's.
        let compiler = source.as_ref().err().cloned().unwrap_or_default();
        Entry { wanted, unit, source, compiler, warnings: 0, program: None, untouched: false }
    };
    let mut entries: Vec<Entry<'_>> = part.exercises.iter().map(read).collect();
    let stub = |entry: &Entry<'_>| {
        let text = entry.source.as_deref();
        text.is_ok_and(|text| stubs::is_untouched(context, part.chapter, &entry.wanted.exercise.id, text))
    };
    if !first && entries.iter().all(stub) {
        entries.iter_mut().for_each(|entry| entry.untouched = true);
    }
    entries
}

type Chapters<'c> = Vec<(&'c Part<'c>, Vec<Entry<'c>>)>;

/// Compiles what can be read: a package a chapter, or all of a folder as the guests of one program.
fn compile(context: &Context, source: &Source, chapters: &mut Chapters<'_>, meter: &Meter) -> Result<(), Failure> {
    let mut guests = Vec::new();
    for (part, entries) in &mut *chapters {
        let units: Vec<Unit> =
            entries.iter().filter(|entry| entry.is_compiled()).map(|entry| entry.unit.clone()).collect();
        match source.package(part.chapter) {
            None => guests.extend(units.into_iter().map(|unit| Guest {
                name: unit.name.clone(),
                chapter: part.chapter.id.clone(),
                exercise: unit.name,
                file: unit.file,
            })),
            Some(package) if !units.is_empty() => {
                meter.stage(&format!("compiling {}", part.chapter.id));
                settle(source, entries, &mut package_of(context, &package, units, meter)?);
            }
            Some(_) => {}
        }
    }
    if !guests.is_empty() {
        meter.stage("compiling the folder");
        let mut settled = guest::build(context, meter, "folder", guests)?;
        chapters.iter_mut().for_each(|(_, entries)| settle(source, entries, &mut settled));
    }
    Ok(())
}

fn package_of(context: &Context, package: &str, units: Vec<Unit>, meter: &Meter) -> Result<Settled, Failure> {
    compile::settle(&context.root, units, |units| {
        let features: Vec<&str> = units.iter().map(|unit| unit.name.as_str()).collect();
        let args = ["test", "--no-run", "-p", package, "--test", "grade", "--no-default-features", "--features"];
        let args: Vec<String> = args.into_iter().map(str::to_owned).chain([features.join(",")]).collect();
        compile::cargo(context, meter, "grade", &args, &[])
    })
}

/// Hands out what came of compiling.
fn settle(source: &Source, entries: &mut [Entry<'_>], settled: &mut Settled) {
    for entry in entries.iter_mut().filter(|entry| entry.is_compiled()) {
        let id = &entry.wanted.exercise.id;
        entry.warnings = settled.warnings.get(id).copied().unwrap_or(0);
        match settled.refused.remove(id) {
            Some(messages) => entry.compiler = source.told(messages.trim_end()),
            None => entry.program = settled.program.clone(),
        }
    }
}

fn job(context: &Context, request: &Request<'_>, entry: &Entry<'_>) -> Option<Job> {
    Some(Job {
        program: entry.program.clone()?,
        exercise: entry.wanted.exercise.id.clone(),
        checks: entry.wanted.checks.iter().map(|name| (*name).to_owned()).collect(),
        unlisted: false,
        options: request.options(),
        budget: context.course.budget,
    })
}

/// Runs the jobs there are, as many at a time as there are cores.
pub fn run_all(jobs: &[Option<Job>], meter: &Meter) -> Vec<Option<Outcome>> {
    parallel(jobs, |job| {
        let job = job.as_ref()?;
        let tell = |check: &str, schedules: u64| {
            let schedules = if schedules > 0 { format!(" ({schedules} schedules)") } else { String::new() };
            meter.detail(format!("{}: {}{schedules}", job.exercise, check.replace('_', " ")));
        };
        Some(supervise::run(job, &tell))
    })
}

/// `work` on every item, spread over the cores; results in the order of the items.
pub fn parallel<T: Sync, R: Send>(items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let results = Mutex::new(BTreeMap::new());
    thread::scope(|scope| {
        for _ in 0..cores.min(items.len()) {
            scope.spawn(|| {
                while let Some((place, item)) = Some(next.fetch_add(1, Ordering::Relaxed))
                    .and_then(|place| items.get(place).map(|item| (place, item)))
                {
                    let result = work(item);
                    results.lock().unwrap_or_else(PoisonError::into_inner).insert(place, result);
                }
            });
        }
    });
    results.into_inner().unwrap_or_else(PoisonError::into_inner).into_values().collect()
}

fn result(entry: &Entry<'_>, outcome: Option<Outcome>) -> ExerciseResult {
    let (wanted, text) = (entry.wanted, entry.source.as_deref().unwrap_or_default());
    match outcome {
        Some(outcome) => checked(wanted, text, entry.warnings, outcome),
        None if entry.untouched => {
            let check = |name: &&str| CheckResult::new(*name, CheckStatus::NotImplemented, UNTOUCHED);
            let checks: Vec<CheckResult> = wanted.checks.iter().map(check).collect();
            ExerciseResult { status: ExerciseStatus::of(&checks), checks, ..unchecked(wanted, "", 0, "") }
        }
        None => unchecked(wanted, text, entry.warnings, &entry.compiler),
    }
}

/// The result of an exercise that does not compile, with rustc's messages.
pub fn unchecked(wanted: &Wanted<'_>, text: &str, warnings: usize, compiler: &str) -> ExerciseResult {
    ExerciseResult {
        id: wanted.exercise.id.clone(),
        title: wanted.exercise.title.clone(),
        status: ExerciseStatus::DoesNotCompile,
        points: Points { earned: 0, possible: wanted.checks.iter().map(|name| worth(wanted, name)).sum() },
        checks: Vec::new(),
        compiler: compiler.to_owned(),
        notes: notes(text, warnings),
    }
}

/// The result of an exercise whose checks have run.
pub fn checked(wanted: &Wanted<'_>, text: &str, warnings: usize, outcome: Outcome) -> ExerciseResult {
    let mut result = unchecked(wanted, text, warnings, "");
    result.status = ExerciseStatus::of(&outcome.checks);
    result.points.earned =
        outcome.checks.iter().filter(|check| check.holds()).map(|check| worth(wanted, &check.name)).sum();
    result.checks = outcome.checks;
    result.notes.extend(outcome.notes);
    if !outcome.seeded_select {
        result.notes.push(UNSEEDED.to_owned());
    }
    result
}

fn worth(wanted: &Wanted<'_>, name: &str) -> u32 {
    wanted.exercise.checks.iter().find(|check| check.name == name).map_or(0, |check| check.points)
}

/// What is worth saying about a file, whatever its checks say.
fn notes(text: &str, warnings: usize) -> Vec<String> {
    let mut notes = scan::notes(text);
    if warnings > 0 {
        let them = if warnings == 1 { "one warning" } else { "warnings" };
        notes.push(format!("rustc has {them} about this file; an editor or `cargo check` shows what it says."));
    }
    notes
}

const UNTOUCHED: &str = "not begun: the file is still as it came";

const UNSEEDED: &str = "tokio was built without `--cfg tokio_unstable`, so the branch order of select! is left to \
     chance and verdicts may differ from run to run. A `rustflags` under [target] in your own cargo configuration \
     hides the one of this course: add the flag there.";

fn chapter_result(part: &Part<'_>, exercises: Vec<ExerciseResult>) -> ChapterResult {
    let all_asked = exercises.len() == part.chapter.exercises.len() && part.exercises.iter().all(Wanted::is_whole);
    let all_pass = exercises.iter().all(|exercise| exercise.status == ExerciseStatus::Passed);
    ChapterResult {
        id: part.chapter.id.clone(),
        title: part.chapter.title.clone(),
        passed: all_asked && all_pass && !exercises.is_empty(),
        exercises,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_items() {
        let items: Vec<u64> = (0..50).collect();
        let work = |item: &u64| {
            thread::sleep(std::time::Duration::from_micros((50 - item) * 20));
            *item * 2
        };
        assert_eq!(parallel(&items, work), (0..50).map(|item| item * 2).collect::<Vec<_>>());
    }
}
