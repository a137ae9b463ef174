//! Why we build distributed systems.
//!
//! Contract: `ch01::scale_out`. Lesson: `cargo xtask lesson scale_out`.

// learner: begin
use std::collections::{BTreeMap, BTreeSet};
// learner: end
use std::sync::Arc;
// learner: begin
use std::time::Duration;
// learner: end

use async_trait::async_trait;
use ch01::scale_out::{Cluster, Coordinator, JobError, Policy, Source, Tally};
// learner: begin
use ch01::scale_out::{Task, WorkerError, WorkerId};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until, timeout};
// learner: end

/// Gives out the tasks of a job, and gathers what comes back.
pub struct Scatter {
    // learner: begin
    // learner: | // What does a coordinator have to know before it can begin?
    // A queue from which idle workers draw. Once it has run dry, they get second copies of what takes too long.
    source: Arc<dyn Source>,
    cluster: Arc<dyn Cluster>,
    policy: Policy,
    // learner: end
}

#[async_trait]
impl Coordinator for Scatter {
    fn new(source: Arc<dyn Source>, cluster: Arc<dyn Cluster>, policy: Policy) -> Self {
        // learner: begin
        // learner: | let _ = (source, cluster, policy);
        // learner: | todo!("keep what the job will need")
        Scatter { source, cluster, policy }
        // learner: end
    }

    async fn run(&self) -> Result<Tally, JobError> {
        // learner: begin
        // learner: | todo!("give every idle worker a task; add up what comes back, each task once")
        let mut job = Job::new(self.policy);
        // Dropping the set stops its tasks, so nothing goes on once this future is gone.
        let mut executions = JoinSet::new();
        loop {
            while let Some((worker, task)) = self.hand_out(&mut job).await {
                let cluster = self.cluster.clone();
                let limit = Duration::from_millis(self.policy.timeout_ms);
                executions.spawn(async move {
                    let answer = timeout(limit, cluster.execute(worker, task)).await;
                    (worker, task, answer.ok())
                });
            }
            if job.is_done() {
                return Ok(job.tally);
            }
            tokio::select! {
                Some(ended) = executions.join_next() => {
                    let (worker, task, answer) = ended.expect("an execution neither panics nor is cancelled");
                    job.ended(worker, task, answer)?;
                }
                () = sleep_until(job.wakes_at()) => job.check_patience()?,
            }
        }
        // learner: end
    }
}

// learner: begin
impl Scatter {
    /// A worker that is free and what it gets: first what has to be done again, then new tasks, then second copies.
    async fn hand_out(&self, job: &mut Job) -> Option<(WorkerId, Task)> {
        for worker in job.idle() {
            let mut task = job.waiting_for(worker);
            if task.is_none() && !job.dry && job.open.len() < self.policy.max_open as usize {
                task = self.source.next().await;
                job.dry = task.is_none();
            }
            if let Some(task) = task.or_else(|| job.late_for(worker)) {
                job.begin(worker, task);
                return Some((worker, task));
            }
        }
        None
    }
}

/// Failures in a row after which a worker is left alone for a while.
const MISSES: u32 = 3;

/// All that is known of a job: the sum so far, and the tasks and workers that are not done yet.
struct Job {
    policy: Policy,
    tally: Tally,
    /// Taken, and without a result. What is done is forgotten: whoever still reports it comes too late.
    open: BTreeMap<Task, Open>,
    workers: Vec<Worker>,
    /// The source has no more tasks.
    dry: bool,
    taken: u32,
    copies: u32,
    last_result: Instant,
}

#[derive(Default)]
struct Open {
    running: BTreeMap<WorkerId, Instant>,
    failed_on: BTreeSet<WorkerId>,
}

impl Open {
    /// When it was sent last, of those executions that may still come to something.
    fn sent(&self) -> Option<Instant> {
        self.running.values().max().copied()
    }
}

#[derive(Clone)]
struct Worker {
    busy: bool,
    /// Executions in a row that brought nothing.
    misses: u32,
    rests_until: Instant,
}

impl Job {
    fn new(policy: Policy) -> Self {
        let now = Instant::now();
        let worker = Worker { busy: false, misses: 0, rests_until: now };
        Job {
            policy,
            tally: Tally::default(),
            open: BTreeMap::new(),
            workers: vec![worker; policy.workers as usize],
            dry: false,
            taken: 0,
            copies: 0,
            last_result: now,
        }
    }

    fn is_done(&self) -> bool {
        self.dry && self.open.is_empty()
    }

    fn idle(&self) -> Vec<WorkerId> {
        let now = Instant::now();
        let idle = |worker: &Worker| !worker.busy && worker.rests_until <= now;
        (0..self.policy.workers).filter(|id| idle(&self.workers[*id as usize])).map(WorkerId).collect()
    }

    /// A task that nobody executes any more, and that has not failed on this worker.
    fn waiting_for(&self, worker: WorkerId) -> Option<Task> {
        let fits = |open: &Open| open.running.is_empty() && !open.failed_on.contains(&worker);
        self.open.iter().find(|(_, open)| fits(open)).map(|(task, _)| *task)
    }

    /// When a second copy of a task is due: it should have come back by then.
    fn copy_due(&self, open: &Open) -> Option<Instant> {
        let allowed = self.policy.workers + self.taken * self.policy.hedge_percent / 100;
        let sent = open.sent().filter(|_| self.dry && self.copies < allowed)?;
        Some(sent + Duration::from_millis(self.policy.usual_ms))
    }

    /// A task that others have taken too long for.
    fn late_for(&self, worker: WorkerId) -> Option<Task> {
        let now = Instant::now();
        let fits = |open: &Open| !open.running.contains_key(&worker) && !open.failed_on.contains(&worker);
        let late = |open: &Open| self.copy_due(open).is_some_and(|due| due <= now);
        self.open.iter().find(|(_, open)| fits(open) && late(open)).map(|(task, _)| *task)
    }

    /// The worker gets the task.
    fn begin(&mut self, worker: WorkerId, task: Task) {
        self.workers[worker.0 as usize].busy = true;
        if !self.open.contains_key(&task) {
            self.taken += 1;
        }
        let open = self.open.entry(task).or_default();
        if !open.running.is_empty() {
            self.copies += 1;
        }
        open.running.insert(worker, Instant::now());
    }

    /// An execution has ended, with an answer or without.
    fn ended(
        &mut self,
        worker: WorkerId,
        task: Task,
        answer: Option<Result<Tally, WorkerError>>,
    ) -> Result<(), JobError> {
        if let Some(open) = self.open.get_mut(&task) {
            open.running.remove(&worker);
        }
        self.judge_worker(worker, matches!(answer, Some(Ok(_))));
        match answer {
            Some(Ok(tally)) => {
                self.last_result = Instant::now();
                if self.open.remove(&task).is_some() {
                    self.tally.add(tally);
                }
            }
            Some(Err(WorkerError::Failed { reason })) => {
                let Some(open) = self.open.get_mut(&task) else { return Ok(()) };
                open.failed_on.insert(worker);
                if open.failed_on.len() >= self.policy.poison_after as usize {
                    return Err(JobError::Poisoned { task, reason });
                }
            }
            Some(Err(WorkerError::Unreachable)) | None => {}
        }
        Ok(())
    }

    /// A worker that fails time and again is left alone, then tried with one task.
    fn judge_worker(&mut self, id: WorkerId, succeeded: bool) {
        let worker = &mut self.workers[id.0 as usize];
        worker.busy = false;
        worker.misses = if succeeded { 0 } else { worker.misses + 1 };
        if worker.misses >= MISSES {
            worker.rests_until = Instant::now() + Duration::from_millis(self.policy.rest_ms);
        }
    }

    fn patience_ends(&self) -> Instant {
        self.last_result + Duration::from_millis(self.policy.give_up_ms)
    }

    fn check_patience(&self) -> Result<(), JobError> {
        if Instant::now() >= self.patience_ends() { Err(JobError::NoWorkers) } else { Ok(()) }
    }

    /// When there may be something to do, even if no execution ends before.
    fn wakes_at(&self) -> Instant {
        let now = Instant::now();
        let rested = self.workers.iter().map(|worker| worker.rests_until);
        let copies = self.open.values().filter_map(|open| self.copy_due(open));
        let next = rested.chain(copies).filter(|at| *at > now).min();
        next.map_or(self.patience_ends(), |at| at.min(self.patience_ends()))
    }
}
// learner: end
