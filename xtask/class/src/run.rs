//! Many exercises of many submissions, some at a time.
//!
//! Workers take units from one queue, in the order of the names, so submissions are finished one after another and a run
//! that is stopped leaves few of them half graded. A unit that hangs keeps one worker for as long as the wall-clock budget
//! of an exercise allows, while the others go on: it delays nobody by more than that, and changes nobody's verdict. What
//! comes of a unit goes to disk and is read back in order at the end, so nothing depends on who was ready first.
//!
//! A verdict that costs points goes to disk a moment later than it comes. Who ends a whole job, a scheduler or a shell's
//! `kill 0`, signals every program in it, and this one may be the last to hear of it: until then a program that was
//! ended looks exactly like one that died of the learner's code.

use std::collections::VecDeque;
use std::io;
use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use report::ExerciseStatus;
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

/// How long a verdict that costs points waits for the news that it was somebody else's doing.
const NEWS: Duration = Duration::from_millis(300);

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
    let trouble = |place: usize, trouble: Trouble| match trouble {
        Trouble::Here(why) => lock(&troubles).push((place, why)),
        Trouble::Everywhere(why) => drop(lock(&given_up).get_or_insert(why)),
    };
    let work = || {
        let mut waiting = Waiting { keep, parts: VecDeque::new() };
        while lock(&given_up).is_none() && !interrupt::has_come() {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(unit) = units.get(place).copied() else { break };
            watch.begins(unit);
            let kept = grade(unit, grader).and_then(|part| waiting.take(part));
            kept.unwrap_or_else(|why| trouble(place, why));
            watch.ended(unit);
        }
        waiting.settle(true).unwrap_or_else(|why| trouble(units.len(), why));
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

fn grade(unit: Unit<'_>, grader: &dyn Grader) -> Result<Part, Trouble> {
    let Unit { submission, answer } = unit;
    // A submission that finds a bug in what reads it must not end the run of the whole class.
    let verdict = catch_unwind(AssertUnwindSafe(|| grader.grade(&submission.name, &answer.exercise, &answer.source)))
        .unwrap_or_else(|_| Err(Trouble::Here(PANICKED.to_owned())))?;
    Ok(Part {
        submission: submission.name.clone(),
        exercise: answer.exercise.clone(),
        source: answer.source.clone(),
        verdict,
    })
}

const PANICKED: &str = "the grader panicked, which is a bug in it; its words are above";

/// Verdicts of a worker that are not kept yet, the oldest first, each with when it came.
struct Waiting<'k> {
    keep: &'k dyn Keep,
    parts: VecDeque<(Instant, Part)>,
}

impl Waiting<'_> {
    /// Keeps a verdict, or has it wait if it costs points.
    fn take(&mut self, part: Part) -> Result<(), Trouble> {
        self.settle(false)?;
        if part.verdict.results.iter().all(|result| result.status == ExerciseStatus::Passed) {
            return self.keep(&part);
        }
        self.parts.push_back((Instant::now(), part));
        Ok(())
    }

    /// Keeps what has waited long enough; or everything, which may have to wait for it here.
    fn settle(&mut self, everything: bool) -> Result<(), Trouble> {
        while let Some((came, part)) = self.parts.pop_front() {
            let left = NEWS.saturating_sub(came.elapsed());
            if !left.is_zero() && !everything {
                self.parts.push_front((came, part));
                return Ok(());
            }
            thread::sleep(left);
            self.keep(&part)?;
        }
        Ok(())
    }

    fn keep(&self, part: &Part) -> Result<(), Trouble> {
        if interrupt::has_come() {
            return Err(Trouble::Everywhere("stopped".to_owned()));
        }
        self.keep.keep(part).map_err(|error| Trouble::Everywhere(format!("a result can't be written: {error}")))
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
