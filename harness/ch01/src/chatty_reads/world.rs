//! Schedules, and what is seen when they are played.
//!
//! Every value says where it comes from: `v0` was there at first, `w120` was written through the reader at 120 ms, and
//! `x300` by another client at 300 ms. Faults name a call by its key and by how many of its kind went before it, because
//! that stays the same whatever else the reader does.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use explore::Plan;
use harness::exercise::World;
use harness::stage::{Played, Stage, play, sleep, timeout};
use sim::{Choice, EventId, Lane, Tone, Trace};

use super::contract::*;
use super::remote::{CallSeen, History, Link, Remote};

/// How the reader under test is made.
pub type Make = fn(Arc<dyn Store>, Policy) -> Arc<dyn Reader>;

/// The world of this exercise.
pub struct Callers {
    /// The code under test.
    pub make: Make,
}

/// What a schedule fixes.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The policy of the reader.
    pub policy: Policy,
}

/// A step of the workload or a fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Reads of different keys.
    Reads { from_ms: u64, first: u32, count: u32, every_ms: u64 },
    /// Reads of one key.
    Repeat { from_ms: u64, key: u32, count: u32, every_ms: u64 },
    /// A read whose future is dropped.
    GivenUp { at_ms: u64, key: u32, after_ms: u64 },
    /// A write through the reader.
    Write { at_ms: u64, key: u32 },
    /// A write by somebody else, applied at that moment.
    Elsewhere { at_ms: u64, key: u32 },
    /// The key is not there until somebody writes it.
    Missing { key: u32 },
    /// The key can't be read for a while.
    Damaged { key: u32, from_ms: u64, to_ms: u64 },
    /// Every call fails for a while.
    Down { from_ms: u64, to_ms: u64 },
    /// A call takes longer than the others.
    Slow { op: Op, key: u32, nth: u32, there_ms: u64, back_ms: u64 },
    /// A write is applied, and its answer is an error.
    Unsure { key: u32, nth: u32 },
}

/// What a call does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Op {
    Fetch,
    Write,
}

impl fmt::Display for Op {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Op::Fetch => "fetch",
            Op::Write => "write",
        })
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Entry::Reads { from_ms, first: key, count: 1, .. } | Entry::Repeat { from_ms, key, count: 1, .. } => {
                write!(out, "key {key} is read at {from_ms} ms")
            }
            Entry::Reads { from_ms, first, count, every_ms: 0 } => {
                write!(out, "keys {first} to {} are read at {from_ms} ms", first + count - 1)
            }
            Entry::Reads { from_ms, first, count, every_ms } => {
                let last = first + count - 1;
                write!(out, "keys {first} to {last} are read from {from_ms} ms on, one every {every_ms} ms")
            }
            Entry::Repeat { from_ms, key, count, every_ms } => {
                write!(out, "key {key} is read {count} times from {from_ms} ms on, every {every_ms} ms")
            }
            Entry::GivenUp { at_ms, key, after_ms } => {
                write!(out, "key {key} is read at {at_ms} ms, and this caller gives up {after_ms} ms later")
            }
            Entry::Write { at_ms, key } => write!(out, "key {key} is written at {at_ms} ms"),
            Entry::Elsewhere { at_ms, key } => {
                write!(out, "another client writes key {key} in the store at {at_ms} ms")
            }
            Entry::Missing { key } => write!(out, "key {key} is not in the store at first"),
            Entry::Damaged { key, from_ms, to_ms } => {
                write!(out, "the record of key {key} is damaged from {from_ms} ms to {to_ms} ms")
            }
            Entry::Down { from_ms, to_ms } => {
                write!(out, "the store is unavailable from {from_ms} ms to {to_ms} ms")
            }
            Entry::Slow { op, key, nth, there_ms, back_ms } => {
                let ways = [(there_ms, "on its way to the store"), (back_ms, "on its way back")];
                let ways = ways.map(|(ms, way)| (ms > 0).then(|| format!("{ms} ms longer {way}")));
                let ways = ways.into_iter().flatten().collect::<Vec<_>>().join(" and ");
                write!(out, "{op} {nth} of key {key} is {ways}")
            }
            Entry::Unsure { key, nth } => {
                write!(out, "write {nth} of key {key} is applied, but its answer is an error")
            }
        }
    }
}

/// What a play leaves behind.
pub struct Seen {
    pub policy: Policy,
    /// In the order in which they began.
    pub reads: Vec<ReadSeen>,
    pub writes: Vec<WriteSeen>,
    /// In the order in which they were sent.
    pub calls: Vec<CallSeen>,
    /// What the store held, key by key.
    pub history: History,
}

/// One read, as its caller saw it.
#[derive(Clone, Debug)]
pub struct ReadSeen {
    pub key: Key,
    pub began_ms: u64,
    pub ended_ms: u64,
    pub outcome: ReadOutcome,
    /// Where the trace says so.
    pub event: EventId,
}

/// How a read ended.
#[derive(Clone, Debug, PartialEq)]
pub enum ReadOutcome {
    Returned(Result<Option<Value>, StoreError>),
    /// Its caller gave up.
    GivenUp,
    /// It had not returned a long time after it began.
    Never,
}

/// One write, as its caller saw it.
#[derive(Clone, Debug)]
pub struct WriteSeen {
    pub key: Key,
    pub value: Value,
    pub began_ms: u64,
    pub ended_ms: u64,
    /// Nothing, when it had not returned a long time after it began.
    pub result: Option<Result<(), StoreError>>,
    pub event: EventId,
}

/// Time after which nobody expects an answer any more.
const PATIENCE_MS: u64 = 1_500;

/// Quiet time at the end of every play, for calls that are still under way.
const AFTERMATH_MS: u64 = 500;

/// Evidence counted by the world.
pub mod evidence {
    pub const ANSWERED: &str = "an answer of the store comes back to the reader";
    pub const GAVE_UP: &str = "a caller gives up while its read is under way";
}

impl World for Callers {
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn play(&self, choice: Choice, plan: &Plan<Setup, Entry>) -> Played<Seen> {
        let last_ms = steps(&plan.entries).iter().map(|(at_ms, _)| *at_ms).max().unwrap_or(0);
        let limit_ms = last_ms + PATIENCE_MS + AFTERMATH_MS + 1_000;
        let trace = Trace::new(["reader", "store"]);
        play(choice, limit_ms, trace, |stage| script(self.make, plan.clone(), stage))
    }
}

/// One thing that a client does.
#[derive(Clone, Copy)]
enum Step {
    Read { key: Key, give_up_after_ms: Option<u64> },
    Write { key: Key },
    Elsewhere { key: Key },
}

/// The workload, in order of time.
fn steps(entries: &[Entry]) -> Vec<(u64, Step)> {
    let mut steps = Vec::new();
    let read = |key| Step::Read { key: Key(key), give_up_after_ms: None };
    for entry in entries {
        match *entry {
            Entry::Reads { from_ms, first, count, every_ms } => {
                steps.extend((0..count).map(|nth| (from_ms + u64::from(nth) * every_ms, read(first + nth))));
            }
            Entry::Repeat { from_ms, key, count, every_ms } => {
                steps.extend((0..count).map(|nth| (from_ms + u64::from(nth) * every_ms, read(key))));
            }
            Entry::GivenUp { at_ms, key, after_ms } => {
                steps.push((at_ms, Step::Read { key: Key(key), give_up_after_ms: Some(after_ms) }));
            }
            Entry::Write { at_ms, key } => steps.push((at_ms, Step::Write { key: Key(key) })),
            Entry::Elsewhere { at_ms, key } => steps.push((at_ms, Step::Elsewhere { key: Key(key) })),
            Entry::Missing { .. }
            | Entry::Damaged { .. }
            | Entry::Down { .. }
            | Entry::Slow { .. }
            | Entry::Unsure { .. } => {}
        }
    }
    steps.sort_by_key(|(at_ms, _)| *at_ms);
    steps
}

async fn script(make: Make, plan: Plan<Setup, Entry>, stage: Stage) -> Seen {
    let policy = plan.setup.policy;
    let lane = stage.lane("reader");
    let Policy { window_ms, max_batch, ttl_ms, capacity } = policy;
    let policy_text =
        format!("window {window_ms} ms, batches of {max_batch}, ttl {ttl_ms} ms, {capacity} answers kept");
    stage.note(lane, Tone::Plain, policy_text);
    let remote = Arc::new(Remote::new(stage.clone(), plan.clone()));
    let reader = make(Arc::new(Link(remote.clone())), policy);
    let mut reads = Vec::new();
    let mut writes = Vec::new();
    for (at_ms, step) in steps(&plan.entries) {
        let caller = Caller { stage: stage.clone(), lane, reader: reader.clone(), at_ms };
        match step {
            Step::Read { key, give_up_after_ms } => reads.push(tokio::spawn(caller.read(key, give_up_after_ms))),
            Step::Write { key } => writes.push(tokio::spawn(caller.write(key))),
            Step::Elsewhere { key } => {
                let remote = remote.clone();
                tokio::spawn(async move { remote.written_elsewhere(at_ms, key).await });
            }
        }
    }
    // A task that panicked is told by the stage.
    let reads = collect(reads).await;
    let writes = collect(writes).await;
    sleep(Duration::from_millis(AFTERMATH_MS)).await;
    let (calls, history) = remote.books();
    Seen { policy, reads, writes, calls, history }
}

async fn collect<T>(tasks: Vec<tokio::task::JoinHandle<T>>) -> Vec<T> {
    let mut results = Vec::new();
    for task in tasks {
        results.extend(task.await.ok());
    }
    results
}

struct Caller {
    stage: Stage,
    lane: Lane,
    reader: Arc<dyn Reader>,
    at_ms: u64,
}

impl Caller {
    async fn read(self, key: Key, give_up_after_ms: Option<u64>) -> ReadSeen {
        let Caller { stage, lane, reader, at_ms } = self;
        stage.until_ms(at_ms).await;
        let began_ms = stage.now_ms();
        stage.note(lane, Tone::Plain, format!("read {key}"));
        let limit = Duration::from_millis(give_up_after_ms.unwrap_or(PATIENCE_MS));
        let result = timeout(limit, reader.read(key)).await;
        let (outcome, tone, text) = match result {
            Ok(result) => {
                let (tone, text) = match &result {
                    Ok(value) => (Tone::Good, shown(value)),
                    Err(error) => (Tone::Plain, format!("error: {error}")),
                };
                (ReadOutcome::Returned(result), tone, text)
            }
            Err(_) if give_up_after_ms.is_some() => {
                stage.count(evidence::GAVE_UP);
                (ReadOutcome::GivenUp, Tone::Fault, "this caller gives up".to_owned())
            }
            Err(_) => (ReadOutcome::Never, Tone::Bad, format!("still no answer after {PATIENCE_MS} ms")),
        };
        let ended_ms = stage.now_ms();
        let asked = if ended_ms > began_ms { format!(" (read at {began_ms} ms)") } else { String::new() };
        let event = stage.note(lane, tone, format!("key {key}: {text}{asked}"));
        ReadSeen { key, began_ms, ended_ms, outcome, event }
    }

    async fn write(self, key: Key) -> WriteSeen {
        let Caller { stage, lane, reader, at_ms } = self;
        stage.until_ms(at_ms).await;
        let began_ms = stage.now_ms();
        let value = Value(format!("w{at_ms}"));
        stage.note(lane, Tone::Plain, format!("write {key} = {value}"));
        let result = timeout(Duration::from_millis(PATIENCE_MS), reader.write(key, value.clone())).await.ok();
        let (tone, text) = match &result {
            Some(Ok(())) => (Tone::Good, "written".to_owned()),
            Some(Err(error)) => (Tone::Plain, format!("error: {error}")),
            None => (Tone::Bad, format!("still no answer after {PATIENCE_MS} ms")),
        };
        let event = stage.note(lane, tone, format!("write {key} = {value}: {text}"));
        WriteSeen { key, value, began_ms, ended_ms: stage.now_ms(), result, event }
    }
}

/// A value as callers and messages show it.
pub fn shown(value: &Option<Value>) -> String {
    value.as_ref().map_or("no such key".to_owned(), ToString::to_string)
}
