//! The contract of `scale_out`.
//!
//! All times are milliseconds of tokio's clock. `W` stands for the work of a job: what all its tasks together take on one
//! healthy worker, one after the other and without any waiting in between.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

// ANCHOR: coordinator
/// Scatters the tasks of a job over workers that may be slow, fail or die, and gathers the result.
///
/// # What is promised
///
/// - The result is the sum of the tallies of all tasks, each added exactly once, however often it was executed.
/// - Throughput grows with the workers: while all are healthy, a job of at least 20 tasks a worker takes at most
///   1.25 × `W / n` with `n` workers, for `n` up to 32. That is 80 % of the ideal.
/// - A job of no more tasks than workers, all healthy, takes at most `usual_ms` and 3 ms a task. An empty job takes
///   nothing and is sent to nobody.
/// - One slow worker (up to ten times as slow as the others) does not set the pace: the job takes at most
///   1.15 × `W / (n - 1)` and 3 × `usual_ms`.
/// - An execution is *extra* if an earlier one of the same task has brought a result, or may still bring one: it has
///   neither failed nor lasted `timeout_ms`. A job has at most one extra execution a worker, and `hedge_percent` more for
///   every 100 tasks.
/// - An execution that has brought nothing after `timeout_ms` is lost, and the task is executed again. As long as one
///   worker stays healthy, the job takes at most 1.25 × `W / healthy`, 5 × `timeout_ms` and 3 × `usual_ms`.
/// - A worker that is dead or fails whatever it gets is given at most `3 + t / rest_ms` tasks within any `t` ms.
/// - A worker that comes back is used like any other, no later than `timeout_ms + 2 * rest_ms` after it did.
/// - A task that failed ([`WorkerError::Failed`]) on some worker is tried on another one. When it has failed on
///   `poison_after` different workers, the job ends with [`JobError::Poisoned`] within `usual_ms`, and nobody is given that
///   task any more. [`WorkerError::Unreachable`] says nothing about the task.
/// - When no worker has brought a result for `give_up_ms`, the job ends with [`JobError::NoWorkers`], at most `usual_ms`
///   after that and not before. The first of these waits begins with the job. Failures are not results.
/// - At no time are there more than `max_open` open tasks: taken from the source, and without a result yet. Beyond these
///   nothing is kept that grows with the job.
/// - A job whose future is dropped takes no task and sends nothing any more.
#[async_trait]
pub trait Coordinator: Send + Sync + 'static {
    /// A coordinator for the tasks of one source.
    fn new(source: Arc<dyn Source>, cluster: Arc<dyn Cluster>, policy: Policy) -> Self
    where
        Self: Sized;

    /// Does the whole job. It is called once.
    ///
    /// # Errors
    ///
    /// See [`JobError`].
    async fn run(&self) -> Result<Tally, JobError>;
}
// ANCHOR_END: coordinator

// ANCHOR: world
/// Where the tasks come from.
#[async_trait]
pub trait Source: Send + Sync {
    /// The next task, `None` when there are no more. Tasks are read one after the other and each takes 2 ms; if you ask
    /// for several at the same time, they come in turn.
    ///
    /// Dropping this future loses nothing: the next call goes on where it stopped.
    async fn next(&self) -> Option<Task>;
}

/// The workers.
#[async_trait]
pub trait Cluster: Send + Sync {
    /// Has a task executed by a worker and waits for its result. May wait for ever.
    ///
    /// A worker executes one task at a time; what it is given meanwhile waits in line. Giving up on an execution (dropping
    /// this future) does not stop it: the worker goes on, is busy until it is done, and nobody hears of the result.
    ///
    /// # Errors
    ///
    /// See [`WorkerError`].
    ///
    /// # Panics
    ///
    /// If there is no such worker.
    async fn execute(&self, worker: WorkerId, task: Task) -> Result<Tally, WorkerError>;
}
// ANCHOR_END: world

/// A worker: a number from 0 to below [`Policy::workers`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct WorkerId(pub u32);

/// A task: one chunk of a log to be counted. Executing it twice harms nothing but the time it takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Task {
    /// Unique within a job.
    pub id: u64,
}

/// What was counted in one chunk, or in many.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How many chunks; 1 in the result of one task.
    pub chunks: u64,
    /// How many lines.
    pub lines: u64,
    /// How many of these report an error.
    pub errors: u64,
}

impl Tally {
    /// Adds what was counted elsewhere.
    pub fn add(&mut self, other: Tally) {
        self.chunks += other.chunks;
        self.lines += other.lines;
        self.errors += other.errors;
    }
}

/// Why an execution brought no result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum WorkerError {
    /// The worker can't be reached, or went away in the middle of the task.
    Unreachable,
    /// The worker could not do the task. That may be the fault of the task or of the worker.
    Failed {
        /// What the worker says.
        reason: String,
    },
}

/// Why a job failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum JobError {
    /// A task that can't be done.
    Poisoned {
        /// Which one.
        task: Task,
        /// What the last worker said that failed.
        reason: String,
    },
    /// No worker has brought a result for too long.
    NoWorkers,
}

/// How a job is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How many workers there are.
    pub workers: u32,
    /// An execution by a healthy worker that has nothing else to do takes no longer than this, in milliseconds.
    pub usual_ms: u64,
    /// An execution that has lasted this long is lost, in milliseconds.
    pub timeout_ms: u64,
    /// How long a worker that brings nothing is left alone, in milliseconds.
    pub rest_ms: u64,
    /// How long the job waits for a sign of life of any worker, in milliseconds.
    pub give_up_ms: u64,
    /// How many tasks may be open at a time.
    pub max_open: u32,
    /// Extra executions for every 100 tasks, beyond one a worker.
    pub hedge_percent: u32,
    /// On how many different workers a task fails before it is to blame.
    pub poison_after: u32,
}
