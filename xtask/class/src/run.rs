//! Many exercises of many submissions, some at a time.
//!
//! Workers take units from one queue, in the order of the names, so submissions are finished one after another and a run
//! that is stopped leaves few of them half graded. A unit that hangs keeps one worker for as long as the wall-clock budget
//! of an exercise allows, while the others go on: it delays nobody by more than that, and changes nobody's verdict. What
//! comes of a unit goes to disk at once and is read back in order at the end, so nothing depends on who was ready first.

use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use xtask::interrupt;

use crate::work::{Answer, Grader, Part, Submission, Trouble};

/// One exercise of one submission.
#[derive(Clone, Copy, Debug)]
pub struct Unit<'c> {
    /// Whose.
    pub submission: &'c Submission,
    /// What there is for the exercise.
    pub answer: &'c Answer,
}

/// Where verdicts go.
pub trait Keep: Sync {
    /// Keeps a verdict for good.
    ///
    /// # Errors
    /// Whatever the file system says.
    fn keep(&self, part: &Part) -> io::Result<()>;
}

/// Is told how far a run is, from many threads.
pub trait Watch: Sync {
    /// A unit begins.
    fn begins(&self, unit: Unit<'_>);
    /// A unit ended, with a verdict or without.
    fn ended(&self, unit: Unit<'_>);
}

/// How a run ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finished {
    /// What could not be graded (submission, exercise) and why, in the order of the units.
    pub troubles: Vec<(String, String, String)>,
    /// Why it was given up before the last unit, if it was.
    pub given_up: Option<String>,
}

/// Grades `units`, as many at a time as there are `workers`.
pub fn run(
    units: &[Unit<'_>],
    workers: NonZeroUsize,
    grader: &dyn Grader,
    keep: &dyn Keep,
    watch: &dyn Watch,
) -> Finished {
    let next = AtomicUsize::new(0);
    let troubles = Mutex::new(Vec::new());
    let given_up = Mutex::new(None);
    let work = || {
        while lock(&given_up).is_none() && !interrupt::has_come() {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(unit) = units.get(place).copied() else { return };
            watch.begins(unit);
            match grade(unit, grader, keep) {
                Ok(()) => {}
                Err(Trouble::Here(why)) => lock(&troubles).push((place, why)),
                Err(Trouble::Everywhere(why)) => drop(lock(&given_up).get_or_insert(why)),
            }
            watch.ended(unit);
        }
    };
    thread::scope(|scope| {
        for _ in 0..workers.get().min(units.len()) {
            scope.spawn(work);
        }
    });
    let mut troubles = troubles.into_inner().unwrap_or_else(PoisonError::into_inner);
    troubles.sort();
    let named = |(place, why): (usize, String)| {
        (units[place].submission.name.clone(), units[place].answer.exercise.clone(), why)
    };
    Finished {
        troubles: troubles.into_iter().map(named).collect(),
        given_up: given_up.into_inner().unwrap_or_else(PoisonError::into_inner),
    }
}

fn grade(unit: Unit<'_>, grader: &dyn Grader, keep: &dyn Keep) -> Result<(), Trouble> {
    let Unit { submission, answer } = unit;
    // A submission that finds a bug in what reads it must not end the run of the whole class.
    let verdict = catch_unwind(AssertUnwindSafe(|| grader.grade(&submission.name, &answer.exercise, &answer.source)))
        .unwrap_or_else(|_| {
        Err(Trouble::Here("the grader panicked, which is a bug in it; its words are above".to_owned()))
    })?;
    // Ctrl-C has the programs under way killed, which looks as if the learner's code had died.
    if interrupt::has_come() {
        return Err(Trouble::Everywhere("stopped".to_owned()));
    }
    let part = Part {
        submission: submission.name.clone(),
        exercise: answer.exercise.clone(),
        source: answer.source.clone(),
        verdict,
    };
    keep.keep(&part).map_err(|error| Trouble::Everywhere(format!("a result can't be written: {error}")))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
