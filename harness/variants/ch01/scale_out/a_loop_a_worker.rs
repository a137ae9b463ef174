//! Another right answer: every worker has a task of its own that fetches work for it, and all of them share the books.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use ch01::scale_out::{Cluster, Coordinator, JobError, Policy, Source, Tally, Task, WorkerError, WorkerId};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout, timeout_at};

/// How long a loop without work waits before it looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(3);

/// What all loops know.
pub struct Scatter {
    shared: Arc<Shared>,
}

struct Shared {
    source: Arc<dyn Source>,
    cluster: Arc<dyn Cluster>,
    policy: Policy,
    books: Mutex<Books>,
    news: Notify,
}

#[derive(Default)]
struct Books {
    tally: Tally,
    open: Vec<Open>,
    /// Loops that are just asking the source for a task.
    reading: u32,
    dry: bool,
    taken: u32,
    copies: u32,
    last_result: Option<Instant>,
    poison: Option<JobError>,
}

struct Open {
    task: Task,
    runs: Vec<(WorkerId, Instant)>,
    failed_on: Vec<WorkerId>,
}

enum Next {
    Execute(Task),
    Read,
    Nothing,
}

#[async_trait]
impl Coordinator for Scatter {
    fn new(source: Arc<dyn Source>, cluster: Arc<dyn Cluster>, policy: Policy) -> Self {
        let (books, news) = (Mutex::default(), Notify::new());
        Scatter { shared: Arc::new(Shared { source, cluster, policy, books, news }) }
    }

    async fn run(&self) -> Result<Tally, JobError> {
        let began = Instant::now();
        let mut loops = JoinSet::new();
        for worker in 0..self.shared.policy.workers {
            let shared = self.shared.clone();
            loops.spawn(async move { shared.serve(WorkerId(worker)).await });
        }
        let patience = Duration::from_millis(self.shared.policy.give_up_ms);
        loop {
            let until = {
                let mut books = self.shared.books();
                if let Some(poison) = books.poison.take() {
                    return Err(poison);
                }
                if books.dry && books.reading == 0 && books.open.is_empty() {
                    return Ok(books.tally);
                }
                books.last_result.unwrap_or(began) + patience
            };
            if Instant::now() >= until {
                return Err(JobError::NoWorkers);
            }
            let _ = timeout_at(until, self.shared.news.notified()).await;
        }
    }
}

impl Shared {
    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }

    async fn serve(&self, worker: WorkerId) {
        let mut misses = 0;
        loop {
            let next = self.books().next_for(worker, &self.policy);
            match next {
                Next::Nothing => sleep(LOOK_AGAIN).await,
                Next::Read => self.read(worker).await,
                Next::Execute(task) => {
                    let limit = Duration::from_millis(self.policy.timeout_ms);
                    let answer = timeout(limit, self.cluster.execute(worker, task)).await.ok();
                    misses = if matches!(answer, Some(Ok(_))) { 0 } else { misses + 1 };
                    self.books().ended(worker, task, answer, &self.policy);
                    self.news.notify_one();
                    if misses >= 2 {
                        sleep(Duration::from_millis(self.policy.rest_ms)).await;
                    }
                }
            }
        }
    }

    /// Puts one more task into the books; whoever looks next takes it, most likely this very loop.
    async fn read(&self, _: WorkerId) {
        let task = self.source.next().await;
        let mut books = self.books();
        books.reading -= 1;
        match task {
            Some(task) => {
                books.taken += 1;
                books.open.push(Open { task, runs: Vec::new(), failed_on: Vec::new() });
            }
            None => books.dry = true,
        }
        self.news.notify_one();
    }
}

impl Books {
    fn next_for(&mut self, worker: WorkerId, policy: &Policy) -> Next {
        let waiting = |open: &&mut Open| open.runs.is_empty() && !open.failed_on.contains(&worker);
        if let Some(open) = self.open.iter_mut().find(waiting) {
            open.runs.push((worker, Instant::now()));
            return Next::Execute(open.task);
        }
        if !self.dry {
            if self.open.len() as u32 + self.reading < policy.max_open {
                self.reading += 1;
                return Next::Read;
            }
            return Next::Nothing;
        }
        if self.copies >= policy.workers {
            return Next::Nothing;
        }
        let due = Duration::from_millis(policy.usual_ms);
        let late = |open: &&mut Open| {
            open.runs.iter().all(|(runner, since)| *runner != worker && since.elapsed() > due)
                && !open.failed_on.contains(&worker)
        };
        let Some(open) = self.open.iter_mut().filter(late).max_by_key(|open| open.runs[0].1.elapsed()) else {
            return Next::Nothing;
        };
        open.runs.push((worker, Instant::now()));
        self.copies += 1;
        Next::Execute(open.task)
    }

    fn ended(&mut self, worker: WorkerId, task: Task, answer: Option<Result<Tally, WorkerError>>, policy: &Policy) {
        let place = self.open.iter().position(|open| open.task == task);
        if let Some(Ok(tally)) = answer {
            self.last_result = Some(Instant::now());
            if let Some(place) = place {
                self.open.remove(place);
                self.tally.add(tally);
            }
            return;
        }
        let Some(open) = place.map(|place| &mut self.open[place]) else { return };
        open.runs.retain(|(runner, _)| *runner != worker);
        if let Some(Err(WorkerError::Failed { reason })) = answer {
            open.failed_on.push(worker);
            if open.failed_on.len() == policy.poison_after as usize {
                self.poison = Some(JobError::Poisoned { task, reason });
            }
        }
    }
}
