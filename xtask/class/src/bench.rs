//! The bench at which submissions are graded: compiled in a jail, judged from outside it.
//!
//! What a submission is worth follows from its source, the course and the seeds, and from nothing else: every job has a folder of
//! its own that nobody else sees and nobody keeps.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jail::Jailer;
use report::{CheckResult, CheckStatus, ExerciseResult, ExerciseStatus};
use xtask::course::{Budget, Chapter};
use xtask::supervise::{self, Job, Outcome};
use xtask::target::Wanted;
use xtask::{Context, Failure, grade};

use crate::compile::{self, Compiled};
use crate::jobs::Jobs;
use crate::kit::Kit;
use crate::model::Trust;
use crate::work::{Grader, Source, Trouble, Verdict};

/// How long a judge may be silent, and how long it may take once it hangs, in milliseconds. A judge notices by itself when a
/// submission hangs; this is for a judge that does.
const SILENCE_MS: u64 = 120_000;
const HANG_MS: u64 = 240_000;

/// Grades.
pub struct Bench {
    context: Context,
    kit: Kit,
    jailer: Jailer,
    jailed: bool,
    /// What every judge is started with, the usual seed first, then the hidden ones.
    seeds: Vec<Option<u64>>,
    jobs: Jobs,
    cores: Cores,
}

impl Bench {
    /// Grades with these seeds: another than the usual one, if any, and then the hidden ones. `workers` units are graded at a
    /// time.
    ///
    /// # Errors
    ///
    /// If the build folder can't be written.
    pub fn new(
        context: Context,
        kit: Kit,
        jailed: bool,
        seed: Option<u64>,
        hidden: &[u64],
        workers: usize,
    ) -> Result<Self, Failure> {
        let folder = context.scratch().join("jobs");
        let jobs = Jobs::open(&folder).map_err(|error| {
            Failure::new(format!(
                "{} can't be used: {error}.\n\nThe build folder must be writable; CARGO_TARGET_DIR names another.",
                folder.display()
            ))
        })?;
        let jailer = if jailed { Jailer::new(kit.jailer.clone()) } else { Jailer::unsandboxed() };
        let seeds = std::iter::once(seed).chain(hidden.iter().copied().map(Some)).collect();
        Ok(Bench { context, kit, jailer, jailed, seeds, jobs, cores: Cores::new(workers) })
    }

    fn run(&self, wanted: &Wanted<'_>, chapter: &Chapter, text: &str) -> io::Result<Vec<ExerciseResult>> {
        let job = self.jobs.begin()?;
        let what = (chapter.id.as_str(), wanted.exercise.id.as_str());
        let result = match compile::compile(&self.kit, &self.jailer, job.path(), what, text)? {
            Compiled::Refused(messages) => vec![grade::unchecked(wanted, text, 0, &messages); self.seeds.len()],
            Compiled::Program(program, warnings) => {
                let judged = |seed: &Option<u64>| {
                    let outcome = self.judge(wanted, &program, *seed)?;
                    Ok(grade::checked(wanted, text, warnings, outcome))
                };
                self.seeds.iter().map(judged).collect::<io::Result<_>>()?
            }
        };
        // What stays behind is only clutter; it goes with the run's folder.
        let _ = job.close();
        Ok(result)
    }

    /// What a judge makes of a program.
    ///
    /// A judge that dies has been killed by the machine or by what a submission had it keep. The first is nobody's fault, so
    /// another one is asked; what kills that one as well is in the submission.
    fn judge(&self, wanted: &Wanted<'_>, program: &Path, seed: Option<u64>) -> io::Result<Outcome> {
        let core = self.cores.take();
        let mut options = vec!["--worker".to_owned(), program.display().to_string()];
        options.extend(["--core".to_owned(), core.number.to_string()]);
        if self.jailed {
            options.extend(["--jailer".to_owned(), self.kit.jailer.display().to_string()]);
        }
        options.extend(seed.into_iter().flat_map(|seed| ["--seed".to_owned(), seed.to_string()]));
        let budget = Budget { schedule_ms: SILENCE_MS, exercise_ms: HANG_MS, ..self.context.course.budget };
        let job = Job {
            program: self.kit.judge.clone(),
            exercise: wanted.exercise.id.clone(),
            checks: wanted.checks.iter().map(|name| (*name).to_owned()).collect(),
            unlisted: false,
            options,
            budget,
        };
        let outcome = supervise::run(&job, &|_, _| {});
        let outcome = if outcome.died > 0 { supervise::run(&job, &|_, _| {}) } else { outcome };
        match outcome.not_started {
            Some(error) => Err(io::Error::other(format!("the judge can't be started: {error}"))),
            None => Ok(outcome),
        }
    }
}

impl Grader for Bench {
    fn grade(&self, _submission: &str, exercise: &str, source: &Source) -> Result<Verdict, Trouble> {
        let found = self.context.course.exercise(exercise);
        let (chapter, exercise) =
            found.ok_or_else(|| Trouble::Everywhere(format!("the course has no exercise `{exercise}`")))?;
        let wanted = Wanted { exercise, checks: exercise.checks.iter().map(|check| check.name.as_str()).collect() };
        let results = match source {
            Source::Missing => vec![missing(&wanted); self.seeds.len()],
            Source::Refused(why) => vec![grade::unchecked(&wanted, "", 0, why); self.seeds.len()],
            Source::Text(text) => {
                self.run(&wanted, chapter, text).map_err(|error| trouble(self.jobs.folder(), &error))?
            }
        };
        let trust = if self.jailed { Trust::Isolated } else { Trust::Unsandboxed };
        Ok(Verdict { trust, results })
    }
}

fn trouble(jobs: &Path, error: &io::Error) -> Trouble {
    let told = format!("the work of grading can't be done in {}: {error}", jobs.display());
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::ReadOnlyFilesystem => {
            Trouble::Everywhere(told)
        }
        _ => Trouble::Here(told),
    }
}

fn missing(wanted: &Wanted<'_>) -> ExerciseResult {
    let file = format!("{}.rs", wanted.exercise.id);
    let why = format!("there is no {file} in this submission");
    let check = |name: &&str| CheckResult::new(*name, CheckStatus::NotImplemented, why.clone());
    let checks = wanted.checks.iter().map(check).collect();
    let result = grade::unchecked(wanted, "", 0, "");
    ExerciseResult { status: ExerciseStatus::NotStarted, checks, notes: vec![why], ..result }
}

/// The processors that are free. A judge and its worker share one, and no other judge has it meanwhile.
struct Cores {
    free: Mutex<BTreeSet<usize>>,
}

struct Core<'a> {
    number: usize,
    cores: &'a Cores,
}

impl Cores {
    fn new(count: usize) -> Self {
        Cores { free: Mutex::new((0..count).collect()) }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeSet<usize>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take(&self) -> Core<'_> {
        // Where there are more who want one than there are, they share.
        let number = self.lock().pop_first().unwrap_or(0);
        Core { number, cores: self }
    }
}

impl Drop for Core<'_> {
    fn drop(&mut self) {
        self.cores.lock().insert(self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_judges_at_a_time_have_two_cores() {
        let cores = Cores::new(2);
        let first = cores.take();
        let second = cores.take();
        assert_eq!((first.number, second.number), (0, 1));
        drop(first);
        assert_eq!(cores.take().number, 0);
    }
}
