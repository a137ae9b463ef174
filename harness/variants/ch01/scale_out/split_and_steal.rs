//! Another right answer: every task belongs to a worker from the start, whoever has none left steals, and what is late is
//! told from what the others took.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ch01::scale_out::{Cluster, Coordinator, JobError, Policy, Source, Tally, Task, WorkerError, WorkerId};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout};

/// What a coordinator is given.
pub struct Scatter {
    source: Arc<dyn Source>,
    cluster: Arc<dyn Cluster>,
    policy: Policy,
}

/// What the one loop waits for.
enum Event {
    Read(Option<Task>),
    Ended(WorkerId, Task, Option<Result<Tally, WorkerError>>),
    /// A moment has come at which something may be due.
    Look,
}

#[async_trait]
impl Coordinator for Scatter {
    fn new(source: Arc<dyn Source>, cluster: Arc<dyn Cluster>, policy: Policy) -> Self {
        Scatter { source, cluster, policy }
    }

    async fn run(&self) -> Result<Tally, JobError> {
        let mut events = JoinSet::new();
        let mut job = Job::new(self.policy);
        self.read(&mut job, &mut events);
        events.spawn(tick());
        loop {
            match events.join_next().await.expect("the tick is always there").expect("nothing panics") {
                Event::Read(task) => job.read(task),
                Event::Ended(worker, task, answer) => job.ended(worker, task, answer)?,
                Event::Look => {
                    events.spawn(tick());
                }
            }
            if job.is_over() {
                return Ok(job.tally);
            }
            if job.last_result.elapsed() >= Duration::from_millis(self.policy.give_up_ms) {
                return Err(JobError::NoWorkers);
            }
            self.read(&mut job, &mut events);
            for id in 0..self.policy.workers {
                self.feed(WorkerId(id), &mut job, &mut events);
            }
        }
    }
}

async fn tick() -> Event {
    sleep(Duration::from_millis(10)).await;
    Event::Look
}

impl Scatter {
    /// Reads ahead, one task at a time.
    fn read(&self, job: &mut Job, events: &mut JoinSet<Event>) {
        let room = job.open.len() < self.policy.max_open as usize && job.queued() < 2 * job.workers.len();
        if !job.reading && !job.dry && room {
            job.reading = true;
            let source = self.source.clone();
            events.spawn(async move { Event::Read(source.next().await) });
        }
    }

    fn feed(&self, worker: WorkerId, job: &mut Job, events: &mut JoinSet<Event>) {
        let Some(task) = job.pick(worker) else { return };
        job.workers[worker.0 as usize].busy = true;
        job.open.get_mut(&task).expect("what is picked is open").running.push((worker, Instant::now()));
        let cluster = self.cluster.clone();
        let limit = Duration::from_millis(self.policy.timeout_ms);
        events.spawn(async move { Event::Ended(worker, task, timeout(limit, cluster.execute(worker, task)).await.ok()) });
    }
}

struct Job {
    policy: Policy,
    tally: Tally,
    open: BTreeMap<Task, Open>,
    workers: Vec<Worker>,
    reading: bool,
    dry: bool,
    last_result: Instant,
    copies: u32,
    /// Results so far, and how long they took in all.
    results: u32,
    took: Duration,
}

#[derive(Default)]
struct Open {
    running: Vec<(WorkerId, Instant)>,
    failed_on: Vec<WorkerId>,
}

struct Worker {
    queue: VecDeque<Task>,
    busy: bool,
    misses: u32,
    rests_until: Instant,
}

impl Job {
    fn new(policy: Policy) -> Self {
        let now = Instant::now();
        let worker = |_| Worker { queue: VecDeque::new(), busy: false, misses: 0, rests_until: now };
        Job {
            policy,
            tally: Tally::default(),
            open: BTreeMap::new(),
            workers: (0..policy.workers).map(worker).collect(),
            reading: false,
            dry: false,
            last_result: now,
            copies: 0,
            results: 0,
            took: Duration::ZERO,
        }
    }

    fn queued(&self) -> usize {
        self.workers.iter().map(|worker| worker.queue.len()).sum()
    }

    fn is_over(&self) -> bool {
        self.dry && self.open.is_empty()
    }

    fn read(&mut self, task: Option<Task>) {
        self.reading = false;
        self.dry = task.is_none();
        if let Some(task) = task {
            self.open.insert(task, Open::default());
            let owner = task.id as usize % self.workers.len();
            self.workers[owner].queue.push_back(task);
        }
    }

    fn pick(&mut self, id: WorkerId) -> Option<Task> {
        let worker = &self.workers[id.0 as usize];
        if worker.busy || worker.rests_until > Instant::now() {
            return None;
        }
        self.from_queue(id.0 as usize, id).or_else(|| self.steal(id)).or_else(|| self.copy(id))
    }

    /// The first task of a queue that has not failed on this worker.
    fn from_queue(&mut self, owner: usize, id: WorkerId) -> Option<Task> {
        let queue = &mut self.workers[owner].queue;
        let fits = |task: &Task| self.open.get(task).is_some_and(|open| !open.failed_on.contains(&id));
        let place = queue.iter().position(fits)?;
        queue.remove(place)
    }

    fn steal(&mut self, id: WorkerId) -> Option<Task> {
        let mut owners: Vec<usize> = (0..self.workers.len()).collect();
        owners.sort_by_key(|owner| std::cmp::Reverse(self.workers[*owner].queue.len()));
        owners.into_iter().find_map(|owner| self.from_queue(owner, id))
    }

    /// A task that takes twice as long as usual, once there is nothing else to do.
    fn copy(&mut self, id: WorkerId) -> Option<Task> {
        if !self.dry || self.results == 0 || self.copies >= self.policy.workers {
            return None;
        }
        let late = 2 * self.took / self.results;
        let fits = |open: &Open| {
            !open.running.is_empty()
                && open.running.iter().all(|(worker, since)| *worker != id && since.elapsed() > late)
                && !open.failed_on.contains(&id)
        };
        let task = self.open.iter().find(|(_, open)| fits(open)).map(|(task, _)| *task)?;
        self.copies += 1;
        Some(task)
    }

    fn ended(&mut self, id: WorkerId, task: Task, answer: Option<Result<Tally, WorkerError>>) -> Result<(), JobError> {
        let worker = &mut self.workers[id.0 as usize];
        worker.busy = false;
        worker.misses = if matches!(answer, Some(Ok(_))) { 0 } else { worker.misses + 1 };
        if worker.misses >= 2 {
            worker.rests_until = Instant::now() + Duration::from_millis(self.policy.rest_ms);
        }
        if matches!(answer, Some(Ok(_))) {
            self.last_result = Instant::now();
        }
        let Some(open) = self.open.get_mut(&task) else { return Ok(()) };
        let place = open.running.iter().position(|(worker, _)| *worker == id).expect("it was running");
        let (_, since) = open.running.remove(place);
        match answer {
            Some(Ok(tally)) => {
                self.tally.add(tally);
                self.results += 1;
                self.took += since.elapsed();
                self.open.remove(&task);
                return Ok(());
            }
            Some(Err(WorkerError::Failed { reason })) => {
                open.failed_on.push(id);
                if open.failed_on.len() >= self.policy.poison_after as usize {
                    return Err(JobError::Poisoned { task, reason });
                }
            }
            Some(Err(WorkerError::Unreachable)) | None => {}
        }
        if open.running.is_empty() {
            self.workers[id.0 as usize].queue.push_front(task);
        }
        Ok(())
    }
}
