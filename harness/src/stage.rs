//! Plays one schedule of an async exercise in virtual time and watches it.
//!
//! The learner's code runs on real tokio, on one thread, with a clock that jumps to the next timer whenever everybody
//! waits. So an hour of time-outs costs microseconds, and the same schedule takes the same course on every machine.
//! What a play can end in besides its own end, the stage notices: a panic in any task, everybody waiting for something
//! that never comes, and work without end at one instant.
//!
//! All delays are whole milliseconds, for that is the grain of tokio's clock; within one millisecond timers fire in the
//! order in which they were set.

use std::collections::BTreeMap;
use std::future::{Future, pending};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use explore::{Breach, Evidence, Outcome, Trial};
use sim::{Choice, EventId, Lane, MessageId, Tone, Trace};
use tokio::runtime::Runtime;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::apart::{self, Bridge, clock};
use crate::panics::{self, Panic};
use crate::remote;

/// How a world waits. As tokio's own, but a judge of code in another process knows when such a wait will end.
pub use crate::apart::clock::{sleep, sleep_unheard, timeout};

/// Calls into the world that the code under test may make within one millisecond of virtual time.
pub const MAX_CALLS_PER_MS: u64 = 10_000;

/// Calls into the world that it may make in one play.
pub const MAX_CALLS: u64 = 1_000_000;

/// Whether tokio lets a seed decide the order in which `select!` looks at its branches.
pub const SEEDED_SELECT: bool = cfg!(tokio_unstable);

/// What a world records while a schedule is played. Cheap to clone; all clones are the same stage.
#[derive(Clone)]
pub struct Stage {
    shared: Arc<Shared>,
}

struct Shared {
    origin: Instant,
    stopped: Notify,
    record: Mutex<Record>,
}

#[derive(Default)]
struct Record {
    trace: Trace,
    evidence: Evidence,
    waiting: BTreeMap<u64, Wait>,
    waits: u64,
    calls: u64,
    calls_now: (u64, u64),
    flood: Option<Breach>,
}

struct Wait {
    what: String,
    since_ms: u64,
}

/// Somebody waits for something; said in a hang, forgotten when dropped.
#[must_use = "the wait is over when this is dropped"]
pub struct Waiting {
    stage: Stage,
    id: u64,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.stage.record().waiting.remove(&self.id);
    }
}

impl Stage {
    fn new(trace: Trace) -> Self {
        let record = Mutex::new(Record { trace, ..Record::default() });
        Stage { shared: Arc::new(Shared { origin: Instant::now(), stopped: Notify::new(), record }) }
    }

    fn close(&self) -> Record {
        std::mem::take(&mut *self.record())
    }

    fn record(&self) -> MutexGuard<'_, Record> {
        // A panic of the learner's code can poison the lock between two events, never within one.
        self.shared.record.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Virtual milliseconds since the play began.
    pub fn now_ms(&self) -> u64 {
        u64::try_from(self.shared.origin.elapsed().as_millis()).expect("a play lasts less than half a billion years")
    }

    /// Waits until that time of the play; not at all if it has passed.
    pub async fn until_ms(&self, at_ms: u64) {
        clock::sleep_until(self.shared.origin + Duration::from_millis(at_ms)).await;
    }

    /// The same, where the code under test hears nothing of what comes of it before `heard_ms`, or never.
    pub async fn until_ms_unheard(&self, at_ms: u64, heard_ms: Option<u64>) {
        let at = |ms| self.shared.origin + Duration::from_millis(ms);
        clock::sleep_until_unheard(at(at_ms), heard_ms.map(at)).await;
    }

    /// The same for what the code under test in another process has coming: it knows.
    pub(crate) async fn until_ms_unseen(&self, at_ms: u64) {
        tokio::time::sleep_until(self.shared.origin + Duration::from_millis(at_ms)).await;
    }

    /// Ends the play now.
    pub(crate) fn stop(&self) {
        self.shared.stopped.notify_one();
    }

    /// Every call of the code under test into the world begins with this. It ends the play when the calls have no end.
    pub async fn enter(&self) {
        if self.count_call() {
            self.stop();
            pending::<()>().await;
        }
    }

    fn count_call(&self) -> bool {
        let now_ms = self.now_ms();
        let mut record = self.record();
        record.calls += 1;
        record.calls_now = if record.calls_now.0 == now_ms { (now_ms, record.calls_now.1 + 1) } else { (now_ms, 1) };
        let at_once = record.calls_now.1 > MAX_CALLS_PER_MS;
        if at_once || record.calls > MAX_CALLS {
            let (calls, span) =
                if at_once { (MAX_CALLS_PER_MS, "within one millisecond") } else { (MAX_CALLS, "in all") };
            record.flood.get_or_insert_with(|| {
                Breach::new(
                    format!("your code had made {calls} calls {span} at {now_ms} ms and was still going"),
                    "an end: every loop waits for something, or gives up",
                    format!("more than {calls} calls {span}"),
                )
            });
        }
        record.flood.is_some()
    }

    /// The lane of that name.
    pub fn lane(&self, name: &str) -> Lane {
        self.record().trace.lane(name)
    }

    /// A message leaves now.
    pub fn send(&self, from: Lane, to: Lane, label: impl Into<String>) -> MessageId {
        let at_us = self.now_ms() * 1000;
        self.record().trace.send(at_us, from, to, label)
    }

    /// A message arrives now.
    pub fn receive(&self, lane: Lane, message: MessageId) -> EventId {
        let at_us = self.now_ms() * 1000;
        self.record().trace.receive(at_us, lane, message)
    }

    /// A message that `from` sent gets lost now.
    pub fn lost(&self, from: Lane, message: MessageId, why: impl Into<String>) -> EventId {
        let at_us = self.now_ms() * 1000;
        self.record().trace.lost(at_us, from, message, why)
    }

    /// Something else happens now.
    pub fn note(&self, lane: Lane, tone: Tone, text: impl Into<String>) -> EventId {
        let at_us = self.now_ms() * 1000;
        self.record().trace.note(at_us, lane, tone, text)
    }

    /// Counts evidence.
    pub fn count(&self, what: &'static str) {
        self.record().evidence.count(what);
    }

    /// Somebody begins to wait for `what`.
    pub fn waiting(&self, what: impl Into<String>) -> Waiting {
        let since_ms = self.now_ms();
        let mut record = self.record();
        record.waits += 1;
        let id = record.waits;
        record.waiting.insert(id, Wait { what: what.into(), since_ms });
        Waiting { stage: self.clone(), id }
    }
}

/// What came of a play.
pub struct Played<S> {
    ending: Ending<S>,
    trace: Trace,
    evidence: Evidence,
}

enum Ending<S> {
    Finished(S),
    Panicked(Panic),
    Stopped(Breach),
}

impl<S> Played<S> {
    /// A play of which `seen` is left, unless there was a panic or a reason to stop it.
    pub(crate) fn ended(
        seen: Option<S>,
        panic: Option<Panic>,
        stopped: Option<Breach>,
        trace: Trace,
        evidence: Evidence,
    ) -> Self {
        let ending = match (panic, stopped, seen) {
            (Some(panic), _, _) => Ending::Panicked(panic),
            (None, Some(breach), _) => Ending::Stopped(breach),
            (None, None, Some(seen)) => Ending::Finished(seen),
            (None, None, None) => unreachable!("what did not panic has come to an end"),
        };
        Played { ending, trace, evidence }
    }

    /// Asks a promise about what was seen. A play that did not come to its end breaks every promise.
    pub fn judge(self, promise: impl FnOnce(&S, &mut Evidence) -> Result<(), Breach>) -> Trial {
        let mut evidence = self.evidence;
        let outcome = match self.ending {
            Ending::Finished(seen) => promise(&seen, &mut evidence).map_or_else(Outcome::Broken, |()| Outcome::Kept),
            Ending::Panicked(panic) if panic.is_todo() => Outcome::NotImplemented(panic.told()),
            Ending::Panicked(panic) => Outcome::Panicked(panic.told()),
            Ending::Stopped(breach) => Outcome::Broken(breach),
        };
        Trial { outcome, evidence, cost: u64::from(self.trace.len()), trace: self.trace }
    }

    /// What was seen, by somebody who judges nothing.
    ///
    /// # Errors
    ///
    /// When the play did not come to its end: why.
    pub fn into_seen(self) -> Result<S, String> {
        match self.ending {
            Ending::Finished(seen) => Ok(seen),
            Ending::Panicked(panic) => Err(format!("your code panicked: {}", panic.told())),
            Ending::Stopped(breach) => Err(breach.happened),
        }
    }

    /// What was seen, where the play came to its end.
    pub fn seen(&self) -> Option<&S> {
        match &self.ending {
            Ending::Finished(seen) => Some(seen),
            _ => None,
        }
    }
}

/// Plays `script` in virtual time, for at most `limit_ms` of it.
pub fn play<S, F>(choice: Choice, limit_ms: u64, trace: Trace, script: impl FnOnce(Stage) -> F) -> Played<S>
where
    F: Future<Output = S>,
{
    let mut kept_stage = None;
    let mut closed = None;
    let (result, panics) = panics::watch(|| {
        let is_apart = remote::is_employed();
        let runtime = runtime(tokios(choice), is_apart.then_some(apart::idle));
        let mut bridge = None;
        let mut book = None;
        let work = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let stage = Stage::new(trace);
                kept_stage = Some(stage.clone());
                if is_apart {
                    book = Some(clock::Book::open(stage.shared.origin));
                    bridge = Some(Bridge::open(stage.clone(), choice));
                }
                let stopped = stage.clone();
                // Not dropped before the stage is closed: what the script itself waits for is a part of what is told.
                let mut script = std::pin::pin!(script(stage));
                let seen = tokio::select! {
                    biased;
                    () = stopped.shared.stopped.notified() => None,
                    seen = &mut script => Some(seen),
                    () = sleep(Duration::from_millis(limit_ms)) => None,
                };
                // What the tasks still do while the runtime takes them down is not part of the play.
                closed = Some(stopped.close());
                seen
            })
        }));
        drop(runtime);
        if let Some(bridge) = bridge {
            bridge.close();
        }
        work.unwrap_or_else(|panic| resume_unwind(panic))
    });
    let stage = kept_stage.expect("the stage is made before anything of the learner's runs");
    // A panic of the script itself leaves it open.
    let record = closed.unwrap_or_else(|| stage.close());
    let ending = match (panics.into_iter().next(), result.flatten()) {
        (Some(panic), _) => Ending::Panicked(panic),
        (None, Some(seen)) => Ending::Finished(seen),
        (None, None) => Ending::Stopped(record.flood.unwrap_or_else(|| hang(limit_ms, &record.waiting))),
    };
    Played { ending, trace: record.trace, evidence: record.evidence }
}

/// The seed of what tokio leaves to chance.
pub(crate) fn tokios(choice: Choice) -> u64 {
    choice.part("tokio", 0).seed()
}

/// One thread, and a clock that jumps to the next timer whenever everybody waits; just before it does, `idle` is called.
pub(crate) fn runtime(seed: u64, idle: Option<impl Fn() + Send + Sync + 'static>) -> Runtime {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_time().start_paused(true);
    if let Some(idle) = idle {
        builder.on_thread_park(idle);
    }
    #[cfg(tokio_unstable)]
    builder.rng_seed(tokio::runtime::RngSeed::from_bytes(&seed.to_le_bytes()));
    #[cfg(not(tokio_unstable))]
    let _ = seed;
    builder.build().expect("a runtime without I/O needs nothing from the operating system")
}

fn hang(limit_ms: u64, waiting: &BTreeMap<u64, Wait>) -> Breach {
    let mut waits: Vec<String> =
        waiting.values().map(|wait| format!("{} (since {} ms)", wait.what, wait.since_ms)).collect();
    if waits.is_empty() {
        waits.push("nothing in the world: your own tasks wait for each other".to_owned());
    }
    Breach::new(
        format!("it never came to an end: at {limit_ms} ms of virtual time it was still waiting"),
        "every call comes to an end",
        format!("waiting for: {}", waits.join("; ")),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome<S, F: Future<Output = S>>(script: impl FnOnce(Stage) -> F) -> Outcome {
        play(Choice::new(1), 1_000, Trace::new(["one"]), script).judge(|_, _| Ok(())).outcome
    }

    #[test]
    fn an_hour_passes_in_no_time() {
        let played = play(Choice::new(1), 10_000_000, Trace::default(), |stage| async move {
            sleep(Duration::from_secs(3600)).await;
            stage.now_ms()
        });
        assert_eq!(played.seen(), Some(&3_600_000));
    }

    #[test]
    fn a_panic_in_a_task_that_nobody_joins_is_seen() {
        let outcome = outcome(|_| async {
            tokio::spawn(async { panic!("unseen") });
            sleep(Duration::from_millis(1)).await;
        });
        assert!(matches!(&outcome, Outcome::Panicked(message) if message.contains("unseen")), "{outcome:?}");
    }

    #[test]
    fn a_hang_says_what_was_waited_for() {
        let outcome = outcome(|stage| async move {
            sleep(Duration::from_millis(5)).await;
            let _wait = stage.waiting("the reply to call 1");
            pending::<()>().await;
        });
        let Outcome::Broken(breach) = outcome else { panic!("{outcome:?}") };
        assert_eq!(breach.actual, "waiting for: the reply to call 1 (since 5 ms)");
    }

    #[test]
    fn work_without_end_at_one_instant_is_stopped() {
        let outcome = outcome(|stage| async move {
            loop {
                stage.enter().await;
            }
        });
        let Outcome::Broken(breach) = outcome else { panic!("{outcome:?}") };
        assert!(breach.happened.contains("10000 calls within one millisecond"), "{}", breach.happened);
    }

    #[cfg(tokio_unstable)]
    #[test]
    fn select_takes_its_branches_in_the_order_that_the_seed_decides() {
        let order = |seed| {
            let played = play(Choice::new(seed), 1_000, Trace::default(), |_| async {
                let mut order = Vec::new();
                for _ in 0..64 {
                    tokio::select! {
                        () = std::future::ready(()) => order.push(0),
                        () = std::future::ready(()) => order.push(1),
                    }
                }
                order
            });
            played.seen().cloned()
        };
        assert_eq!(order(1), order(1));
        assert_ne!(order(1), order(2));
    }
}
