//! Schedules, and what is seen when they are played.
//!
//! A schedule has one job. Small ones are recorded event by event; large ones only in numbers, so that what the
//! coordinator keeps in memory is not hidden behind what we keep.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use explore::Plan;
use harness::exercise::World;
use harness::stage::{Played, Stage, play, sleep, timeout};
use sim::{Choice, Tone, Trace};

use super::books::Books;
use super::contract::*;
use super::grid::Grid;

/// How the coordinator under test is made.
pub type Make = fn(Arc<dyn Source>, Arc<dyn Cluster>, Policy) -> Arc<dyn Coordinator>;

/// The world of this exercise.
pub struct Yard {
    /// The code under test.
    pub make: Make,
}

/// What a schedule fixes.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The policy of the coordinator.
    pub policy: Policy,
    /// What is recorded.
    pub detail: Detail,
}

/// What is recorded of a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Every event, to be drawn.
    Events,
    /// Every execution, but no events.
    Executions,
    /// Only numbers.
    Numbers,
}

/// A step of the workload or a fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// What there is to do.
    Job { tasks: u64, workers: u32 },
    /// The caller goes away.
    Dropped { at_ms: u64 },
    /// A worker takes that many times as long.
    Slow { worker: u32, times: u64 },
    /// A worker dies, and loses what it has. Silently: it never answers; otherwise connections to it break.
    Dies { worker: u32, at_ms: u64, back_ms: Option<u64>, silent: bool },
    /// A worker fails whatever it gets, at once.
    Broken { worker: u32 },
    /// A task that fails wherever it is executed.
    Poison { task: u64 },
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n: u64| if n == 1 { "" } else { "s" };
        match self {
            Entry::Job { tasks, workers } => write!(
                out,
                "a job of {tasks} task{} for {workers} worker{}",
                plural(*tasks),
                plural(u64::from(*workers))
            ),
            Entry::Dropped { at_ms } => write!(out, "the caller goes away at {at_ms} ms"),
            Entry::Slow { worker, times } => write!(out, "worker {worker} is {times} times as slow as the others"),
            Entry::Dies { worker, at_ms, back_ms, silent } => {
                let how = if *silent { "without a word" } else { "and connections to it break" };
                write!(out, "worker {worker} dies at {at_ms} ms, {how}")?;
                back_ms.map_or(Ok(()), |back_ms| write!(out, "; it is back at {back_ms} ms"))
            }
            Entry::Broken { worker } => write!(out, "worker {worker} fails whatever it gets"),
            Entry::Poison { task } => write!(out, "task {task} fails on every worker"),
        }
    }
}

/// What a play leaves behind.
pub struct Seen {
    pub policy: Policy,
    pub entries: Vec<Entry>,
    /// How many tasks the job has.
    pub tasks: u64,
    pub outcome: Outcome,
    /// When the job ended.
    pub ended_ms: u64,
    /// When the caller went away, if it did.
    pub dropped_ms: Option<u64>,
    /// What the tasks take on one healthy worker, without any waiting.
    pub work_ms: u64,
    /// The tally of every task, by its id.
    pub tallies: Vec<Tally>,
    pub books: Books,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    Returned(Result<Tally, JobError>),
    /// Its caller went away.
    Dropped,
    /// It had not returned a long time after it should have.
    Never,
}

/// Quiet time at the end of every play, for work that nobody waits for any more.
const AFTERMATH_MS: u64 = 5_000;

/// Time in which a job may still be seen to return, beyond what it could ever need.
const PATIENCE_MS: u64 = 60_000;

/// Evidence counted by the world.
pub mod evidence {
    pub const DRY: &str = "the source says that there are no more tasks";
    pub const TWICE: &str = "a task is executed by a second worker";
    pub const EXTRA: &str = "a task is executed a second time while it may still bring a result";
    pub const SLOW_USED: &str = "the slow worker is given a task";
    pub const DIED_BUSY: &str = "a worker dies with a task in its hands";
    pub const FED_IN_VAIN: &str = "a dead or broken worker is given a task";
    pub const FAILED: &str = "a worker fails a task";
}

/// The number of tasks of a schedule.
pub fn tasks(entries: &[Entry]) -> u64 {
    entries.iter().map(|entry| if let Entry::Job { tasks, .. } = entry { *tasks } else { 0 }).sum()
}

impl World for Yard {
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn play(&self, choice: Choice, plan: &Plan<Setup, Entry>) -> Played<Seen> {
        let plan = plan.clone();
        let workers = if plan.setup.detail == Detail::Events { plan.setup.policy.workers } else { 0 };
        let trace = Trace::new(["coordinator".to_owned()].into_iter().chain((0..workers).map(worker_name)));
        let limit_ms = limit_ms(&plan) + AFTERMATH_MS + 1_000;
        play(choice, limit_ms, trace, |stage| script(self.make, choice, plan, stage))
    }
}

/// The lane of a worker.
pub fn worker_name(worker: u32) -> String {
    format!("worker {worker}")
}

fn limit_ms(plan: &Plan<Setup, Entry>) -> u64 {
    let policy = &plan.setup.policy;
    policy.give_up_ms + 2 * tasks(&plan.entries) * policy.usual_ms + PATIENCE_MS
}

async fn script(make: Make, choice: Choice, plan: Plan<Setup, Entry>, stage: Stage) -> Seen {
    let grid = Arc::new(Grid::new(stage.clone(), plan.clone(), choice));
    grid.announce_faults();
    let coordinator = make(grid.clone(), grid.clone(), plan.setup.policy);
    let dropped_ms = plan.entries.iter().find_map(|entry| match entry {
        Entry::Dropped { at_ms } => Some(*at_ms),
        _ => None,
    });
    let lane = stage.lane("coordinator");
    let wait = stage.waiting("the job");
    let limit = Duration::from_millis(dropped_ms.unwrap_or(limit_ms(&plan)));
    let result = timeout(limit, coordinator.run()).await;
    drop(wait);
    let books = grid.close();
    let (outcome, tone, text) = match result {
        Ok(Ok(tally)) => {
            let text = format!("result: {} chunks, {} lines, {} errors", tally.chunks, tally.lines, tally.errors);
            (Outcome::Returned(Ok(tally)), Tone::Good, text)
        }
        Ok(Err(error)) => (Outcome::Returned(Err(error.clone())), Tone::Plain, format!("error: {error:?}")),
        Err(_) if dropped_ms.is_some() => (Outcome::Dropped, Tone::Fault, "the caller goes away".to_owned()),
        Err(_) => (Outcome::Never, Tone::Bad, "still no result".to_owned()),
    };
    stage.note(lane, tone, text);
    let ended_ms = stage.now_ms();
    let dropped_ms = dropped_ms.filter(|_| outcome == Outcome::Dropped);
    drop(coordinator);
    sleep(Duration::from_millis(AFTERMATH_MS)).await;
    let (late_calls, late_at) = grid.late_calls();
    let tasks = tasks(&plan.entries);
    Seen {
        policy: plan.setup.policy,
        tasks,
        outcome,
        ended_ms,
        dropped_ms,
        work_ms: grid.work_ms(),
        tallies: grid.tallies(),
        books: Books { late_calls, late_at, ..books },
        entries: plan.entries,
    }
}
