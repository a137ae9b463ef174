//! The source and the workers, with their faults.
//!
//! Everything that will become of an execution is decided when it is sent: when it arrives, when its turn comes, whether
//! a death comes first, when the answer is back. So a worker needs no task of its own, and a long job is cheap to play.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use explore::Plan;
use harness::apart::MemoryWatch;
use harness::stage::Stage;
use rand::RngExt;
use sim::{Choice, EventId, Lane, MessageId, Random, Tone};

use super::books::{Books, Execution, Overfed, Poisoned, Repeated, extra_allowed, overfed};
use super::contract::*;
use super::world::{Detail, Entry, Setup, evidence, tasks, worker_name};

/// One-way delays, in milliseconds.
const LATENCY_MS: std::ops::RangeInclusive<u64> = 2..=4;

/// What a task takes on a healthy worker, in milliseconds.
const WORK_MS: std::ops::RangeInclusive<u64> = 80..=120;

/// What reading a task takes, in milliseconds.
const READ_MS: u64 = 2;

/// How soon a broken worker says that it failed, in milliseconds.
const BROKEN_MS: u64 = 1;

/// The source and the workers.
pub struct Grid {
    stage: Stage,
    plan: Plan<Setup, Entry>,
    tasks: u64,
    chunks: Vec<Chunk>,
    state: Mutex<State>,
    /// When the task that is being read will have been read; one is read at a time.
    reading: tokio::sync::Mutex<Option<u64>>,
}

/// What is behind a task.
#[derive(Clone, Copy)]
struct Chunk {
    work_ms: u64,
    tally: Tally,
}

impl Chunk {
    fn draw(random: &mut Random) -> Self {
        let lines = random.random_range(1_000..1_000_000);
        let errors = random.random_range(0..lines / 10);
        Chunk { work_ms: random.random_range(WORK_MS), tally: Tally { chunks: 1, lines, errors } }
    }
}

struct State {
    latency: Random,
    open: BTreeMap<u64, Open>,
    /// When each worker will be done with what it has been given.
    free_ms: BTreeMap<u32, u64>,
    /// The job has ended, or its caller has gone away.
    over: bool,
    /// Since a half of the job began.
    memory: MemoryWatch,
    books: Books,
}

/// The most bytes in use since it began.
fn most_bytes(watch: &MemoryWatch) -> usize {
    watch.before_bytes().saturating_add(watch.peak_bytes())
}

/// A task that was taken and has no result yet.
#[derive(Default)]
struct Open {
    first_on: Option<u32>,
    /// Until when an execution of it may still bring a result.
    hopeful_until_ms: u64,
    failed_on: Vec<u32>,
}

impl Open {
    /// It is sent to a worker, and may bring a result until then.
    fn begin(&mut self, worker: u32, now_ms: u64, until_ms: u64) -> Kind {
        let kind = Kind {
            again: self.first_on.is_some(),
            elsewhere: self.first_on.is_some_and(|first| first != worker),
            extra: self.hopeful_until_ms > now_ms,
        };
        self.first_on.get_or_insert(worker);
        self.hopeful_until_ms = self.hopeful_until_ms.max(until_ms);
        kind
    }
}

/// How an execution stands to earlier ones of the same task.
#[derive(Clone, Copy)]
struct Kind {
    /// There are some.
    again: bool,
    /// The first of them was given to another worker.
    elsewhere: bool,
    /// One has brought a result, or may still do so.
    extra: bool,
}

impl Kind {
    const AFTER_THE_RESULT: Kind = Kind { again: true, elsewhere: true, extra: true };
}

/// What will become of an execution.
struct Course {
    arrives_ms: u64,
    /// When the worker says something, what, and when that is heard; `None` if it never does.
    answer: Option<(u64, u64, Result<Tally, WorkerError>)>,
    in_vain: bool,
    dies_busy: bool,
}

impl Grid {
    /// A source that has given nothing yet, and idle workers.
    pub fn new(stage: Stage, plan: Plan<Setup, Entry>, choice: Choice) -> Self {
        let tasks = tasks(&plan.entries);
        let mut random = choice.stream("chunks");
        let chunks = (0..tasks).map(|_| Chunk::draw(&mut random)).collect();
        let state = State {
            latency: choice.stream("latency"),
            open: BTreeMap::new(),
            free_ms: BTreeMap::new(),
            over: false,
            memory: MemoryWatch::begin(),
            books: Books::default(),
        };
        Grid { stage, plan, tasks, chunks, state: Mutex::new(state), reading: tokio::sync::Mutex::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job has ended, or its caller has gone away: gives what has been written down up to now.
    pub fn close(&self) -> Books {
        let now_ms = self.stage.now_ms();
        let mut state = self.state();
        if state.books.taken * 2 > self.tasks {
            state.books.peak_bytes[1] = most_bytes(&state.memory);
        }
        state.over = true;
        state.books.unfinished = state.open.values().any(|open| open.hopeful_until_ms > now_ms);
        state.books.clone()
    }

    /// Calls after it was closed, and the first of them.
    pub fn late_calls(&self) -> (u64, Option<EventId>) {
        let state = self.state();
        (state.books.late_calls, state.books.late_at)
    }

    /// Every call begins with this.
    async fn enter(&self, what: impl Fn() -> String) {
        self.stage.enter().await;
        let mut state = self.state();
        if state.over {
            state.books.late_calls += 1;
            let note = || self.stage.note(self.stage.lane("coordinator"), Tone::Bad, format!("still {}", what()));
            state.books.late_at.get_or_insert_with(note);
        }
    }

    /// What all tasks take on one healthy worker.
    pub fn work_ms(&self) -> u64 {
        self.chunks.iter().map(|chunk| chunk.work_ms).sum()
    }

    /// What there is to be counted, task by task.
    pub fn tallies(&self) -> Vec<Tally> {
        self.chunks.iter().map(|chunk| chunk.tally).collect()
    }

    /// Makes deaths and returns visible at their time.
    pub fn announce_faults(self: &Arc<Self>) {
        for entry in &self.plan.entries {
            let Entry::Dies { worker, at_ms, back_ms, .. } = *entry else { continue };
            let grid = self.clone();
            tokio::spawn(async move {
                let lane = grid.lane(worker);
                grid.stage.until_ms_unheard(at_ms, None).await;
                grid.stage.note(lane, Tone::Fault, format!("worker {worker} dies"));
                if let Some(back_ms) = back_ms {
                    grid.stage.until_ms_unheard(back_ms, None).await;
                    grid.stage.note(lane, Tone::Good, format!("worker {worker} is back"));
                }
            });
        }
    }

    fn events(&self) -> bool {
        self.plan.setup.detail == Detail::Events
    }

    /// The worker's lane; that of the coordinator if workers have none.
    fn lane(&self, worker: u32) -> Lane {
        if self.events() { self.stage.lane(&worker_name(worker)) } else { self.stage.lane("coordinator") }
    }

    /// The death during which a worker is dead at that time: when it began, when it ends, whether it is silent.
    fn death(&self, worker: u32, from_ms: u64, to_ms: u64) -> Option<(u64, u64, bool)> {
        self.plan.entries.iter().find_map(|entry| match *entry {
            Entry::Dies { worker: whose, at_ms, back_ms, silent } if whose == worker => {
                let back_ms = back_ms.unwrap_or(u64::MAX);
                (at_ms <= to_ms && from_ms < back_ms).then_some((at_ms, back_ms, silent))
            }
            _ => None,
        })
    }

    fn times(&self, worker: u32) -> u64 {
        let slow = self.plan.entries.iter().find_map(|entry| match *entry {
            Entry::Slow { worker: whose, times } if whose == worker => Some(times),
            _ => None,
        });
        slow.unwrap_or(1)
    }

    fn outcome(&self, worker: u32, task: u64) -> (u64, Result<Tally, WorkerError>) {
        let failed = |reason: String| Err(WorkerError::Failed { reason });
        let Some(chunk) = usize::try_from(task).ok().and_then(|task| self.chunks.get(task)) else {
            return (BROKEN_MS, failed(format!("there is no task {task} in this job")));
        };
        if self.plan.entries.contains(&Entry::Broken { worker }) {
            return (BROKEN_MS, failed(format!("worker {worker}: the disk is full")));
        }
        let took_ms = chunk.work_ms * self.times(worker);
        if self.plan.entries.contains(&Entry::Poison { task }) {
            return (took_ms, failed(format!("task {task}: not a log file")));
        }
        (took_ms, Ok(chunk.tally))
    }

    /// Decides what becomes of an execution that is sent now, and keeps its worker busy for it.
    fn course(&self, free_ms: &mut u64, latency: &mut Random, worker: u32, task: u64) -> Course {
        let mut one_way_ms = || latency.random_range(LATENCY_MS);
        let arrives_ms = self.stage.now_ms() + one_way_ms();
        let broken = |at_ms: u64, back_ms: u64, silent: bool| {
            (!silent && at_ms < back_ms).then_some((at_ms, Err(WorkerError::Unreachable)))
        };
        let (spoken, in_vain, dies_busy) = match self.death(worker, arrives_ms, arrives_ms) {
            Some((_, back_ms, silent)) => (broken(arrives_ms, back_ms, silent), true, false),
            None => {
                let begins_ms = arrives_ms.max(*free_ms);
                let (took_ms, result) = self.outcome(worker, task);
                let done_ms = begins_ms + took_ms;
                match self.death(worker, arrives_ms, done_ms) {
                    Some((at_ms, back_ms, silent)) => (broken(at_ms, back_ms, silent), false, true),
                    None => {
                        *free_ms = done_ms;
                        let in_vain = self.plan.entries.contains(&Entry::Broken { worker });
                        (Some((done_ms, result)), in_vain, false)
                    }
                }
            }
        };
        let answer = spoken.map(|(at_ms, result)| (at_ms, at_ms + one_way_ms(), result));
        Course { arrives_ms, answer, in_vain, dies_busy }
    }

    /// Sends an execution: decides what will become of it, and writes it down.
    fn send(&self, worker: u32, task: u64) -> (Course, Option<MessageId>) {
        let now_ms = self.stage.now_ms();
        let mut guard = self.state();
        let state = &mut *guard;
        let course = self.course(state.free_ms.entry(worker).or_default(), &mut state.latency, worker, task);
        let limit_ms = now_ms + self.plan.setup.policy.timeout_ms;
        let until_ms = course.answer.as_ref().map_or(limit_ms, |(_, heard_ms, _)| limit_ms.min(*heard_ms));
        let kind =
            state.open.get_mut(&task).map_or(Kind::AFTER_THE_RESULT, |open| open.begin(worker, now_ms, until_ms));
        let message = self.events().then(|| {
            let how = match kind {
                Kind { extra: true, .. } => ", a second copy",
                Kind { again: true, .. } => " again",
                _ => "",
            };
            self.stage.send(self.stage.lane("coordinator"), self.lane(worker), format!("task {task}{how}"))
        });
        let happened = [
            (kind.elsewhere, evidence::TWICE),
            (kind.extra, evidence::EXTRA),
            (course.in_vain, evidence::FED_IN_VAIN),
            (course.dies_busy, evidence::DIED_BUSY),
            (self.times(worker) > 1, evidence::SLOW_USED),
        ];
        happened.into_iter().filter(|(happened, _)| *happened).for_each(|(_, what)| self.stage.count(what));
        if self.plan.setup.detail != Detail::Numbers {
            state.books.executions.push(Execution { worker, task, at_ms: now_ms, in_vain: course.in_vain });
        }
        self.watch_bounds(&mut state.books, worker, task, kind.extra, course.in_vain);
        (course, message)
    }

    /// Marks the event at which there were too many extra executions, or too many for a worker that brings nothing.
    fn watch_bounds(&self, books: &mut Books, worker: u32, task: u64, extra: bool, in_vain: bool) {
        let bad = |text: String| self.stage.note(self.stage.lane("coordinator"), Tone::Bad, text);
        let policy = &self.plan.setup.policy;
        if extra {
            books.extra += 1;
            if books.extra == extra_allowed(policy, self.tasks) + 1 {
                books.extra_at = Some(bad(format!("one copy too many: task {task}")));
            }
        }
        if in_vain && books.overfed.is_none() {
            books.overfed = overfed(&books.executions, worker, policy).map(|overfed| Overfed {
                event: bad(format!("one too many for worker {worker}: task {task}")),
                ..overfed
            });
        }
    }

    /// The answer is heard.
    fn heard(&self, worker: u32, task: u64, result: &Result<Tally, WorkerError>) {
        let now_ms = self.stage.now_ms();
        let mut guard = self.state();
        let state = &mut *guard;
        match result {
            Ok(_) => {
                state.books.last_result_ms = now_ms;
                if state.open.remove(&task).is_some() {
                    state.books.done += 1;
                } else if self.plan.setup.detail != Detail::Numbers {
                    let text = format!("the second result of task {task}");
                    let event = self.stage.note(self.stage.lane("coordinator"), Tone::Plain, text);
                    state.books.repeated.push(Repeated { task, event });
                }
            }
            Err(WorkerError::Failed { reason }) => {
                self.stage.count(evidence::FAILED);
                let Some(open) = state.open.get_mut(&task) else { return };
                if !open.failed_on.contains(&worker) {
                    open.failed_on.push(worker);
                }
                let to_blame = open.failed_on.len() >= self.plan.setup.policy.poison_after as usize;
                if to_blame && state.books.poisoned.is_none() {
                    state.books.poisoned = Some(Poisoned { task, reason: reason.clone(), at_ms: now_ms });
                }
            }
            Err(WorkerError::Unreachable) => {}
        }
    }

    /// Waits for what becomes of an execution, and shows it on the way.
    async fn attend(&self, worker: u32, task: u64) -> Result<Tally, WorkerError> {
        let (course, message) = self.send(worker, task);
        let Course { arrives_ms, answer, in_vain, .. } = course;
        let stage = &self.stage;
        let _wait = self.events().then(|| stage.waiting(format!("worker {worker} to answer about task {task}")));
        if let Some(message) = message {
            stage.until_ms_unheard(arrives_ms, answer.as_ref().map(|(_, heard_ms, _)| *heard_ms)).await;
            if in_vain && !self.plan.entries.contains(&Entry::Broken { worker }) {
                stage.lost(stage.lane("coordinator"), message, "worker is dead");
            } else {
                stage.receive(self.lane(worker), message);
            }
        }
        let Some((spoken_ms, heard_ms, result)) = answer else { return pending().await };
        let reply = match &result {
            Ok(_) => Some("done"),
            Err(WorkerError::Failed { .. }) => Some("failed"),
            Err(WorkerError::Unreachable) => None,
        };
        if let Some(reply) = reply.filter(|_| self.events()) {
            stage.until_ms_unheard(spoken_ms, Some(heard_ms)).await;
            let message = stage.send(self.lane(worker), stage.lane("coordinator"), format!("task {task} {reply}"));
            stage.until_ms(heard_ms).await;
            stage.receive(stage.lane("coordinator"), message);
        }
        stage.until_ms(heard_ms).await;
        if reply.is_none() && self.events() {
            let text = format!("worker {worker} can't be reached (task {task})");
            stage.note(stage.lane("coordinator"), Tone::Fault, text);
        }
        self.heard(worker, task, &result);
        result
    }

    /// A task has been read.
    fn take(&self) -> Option<Task> {
        let now_ms = self.stage.now_ms();
        let mut guard = self.state();
        let state = &mut *guard;
        let id = state.books.taken;
        if id == self.tasks {
            return None;
        }
        if id * 2 == self.tasks {
            state.books.peak_bytes[0] = most_bytes(&state.memory);
            state.memory = MemoryWatch::begin();
        }
        state.books.taken += 1;
        state.books.last_taken_ms = now_ms;
        state.open.insert(id, Open::default());
        let open = state.open.len() as u64;
        state.books.most_open = state.books.most_open.max(open);
        if self.events() && open == u64::from(self.plan.setup.policy.max_open) + 1 && state.books.most_open_at.is_none()
        {
            let lane = self.stage.lane("coordinator");
            state.books.most_open_at =
                Some(self.stage.note(lane, Tone::Bad, format!("takes task {id}: {open} tasks are open")));
        }
        Some(Task { id })
    }
}

#[async_trait]
impl Source for Grid {
    async fn next(&self) -> Option<Task> {
        self.enter(|| "takes a task".to_owned()).await;
        let mut reading = self.reading.lock().await;
        if self.state().books.taken == self.tasks {
            self.stage.count(evidence::DRY);
            return None;
        }
        let read_ms = *reading.get_or_insert(self.stage.now_ms() + READ_MS);
        self.stage.until_ms(read_ms).await;
        *reading = None;
        self.take()
    }
}

#[async_trait]
impl Cluster for Grid {
    async fn execute(&self, worker: WorkerId, task: Task) -> Result<Tally, WorkerError> {
        self.enter(|| format!("sends task {} to worker {}", task.id, worker.0)).await;
        let workers = self.plan.setup.policy.workers;
        assert!(worker.0 < workers, "there is no worker {}: they are 0 to {}", worker.0, workers - 1);
        self.attend(worker.0, task.id).await
    }
}
