//! What can be read off a play.
//!
//! Where the contract leaves a few milliseconds to the balancer, or leaves a matter to it, what is read here is
//! *unknown*, and no promise is judged by it.

use std::fmt;
use std::ops::RangeInclusive;

use explore::Breach;
use sim::EventId;

use super::contract::*;
use super::world::{Entry, Setup};

/// How much time the contract gives for anything that is to be done at once.
pub const AT_ONCE_MS: u64 = 10;

/// How long it takes to find out that the registry is down.
const ASK_MS: u64 = 2;

/// What a play leaves behind.
pub struct Seen {
    pub setup: Setup,
    pub entries: Vec<Entry>,
    pub news: Vec<NewsSeen>,
    pub outages: Vec<(u64, u64)>,
    /// In order of their beginning.
    pub calls: Vec<CallSeen>,
    /// In order of their beginning.
    pub attempts: Vec<AttemptSeen>,
    /// When the registry was asked in vain.
    pub failed_asks_ms: Vec<u64>,
}

/// One piece of news.
#[derive(Clone, Copy, Debug)]
pub struct NewsSeen {
    pub event: Event,
    /// From when on it could be read.
    pub readable_ms: u64,
    /// From when on it must have taken effect.
    pub settled_ms: u64,
}

impl NewsSeen {
    /// News that could be read at that time: it may find the balancer waiting after an error.
    pub fn new(event: Event, readable_ms: u64, outages: &[(u64, u64)], registry_retry_ms: u64) -> Self {
        let asked = outages.iter().filter(|(_, to_ms)| *to_ms <= readable_ms);
        let asked_ms = asked.map(|(_, to_ms)| to_ms + registry_retry_ms + ASK_MS).max().unwrap_or(0);
        NewsSeen { event, readable_ms, settled_ms: readable_ms.max(asked_ms) + AT_ONCE_MS }
    }
}

/// One call, as its caller saw it.
#[derive(Clone, Debug)]
pub struct CallSeen {
    pub id: u64,
    pub began_ms: u64,
    pub ended_ms: u64,
    pub outcome: CallOutcome,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum CallOutcome {
    Returned(Result<Reply, CallError>),
    /// Its caller gave up.
    Dropped,
    /// It had not returned after a long time.
    Never,
}

impl fmt::Display for CallOutcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallOutcome::Returned(Ok(Reply { answers, served_by })) => {
                write!(out, "the reply of {served_by} to call {answers}")
            }
            CallOutcome::Returned(Err(error)) => write!(out, "the error {error:?}"),
            CallOutcome::Dropped => write!(out, "nothing, its caller gave up"),
            CallOutcome::Never => write!(out, "nothing"),
        }
    }
}

/// One attempt, as the network saw it.
#[derive(Clone, Debug)]
pub struct AttemptSeen {
    pub call: u64,
    pub instance: InstanceId,
    pub at_ms: u64,
    /// Its arrival, if it came to that.
    pub event: Option<EventId>,
    /// When and how it ended; `None` while it lasts.
    pub ended: Option<(u64, AttemptEnd)>,
}

impl AttemptSeen {
    /// When it ended; never, if it lasts.
    pub fn ended_ms(&self) -> u64 {
        self.ended.as_ref().map_or(u64::MAX, |(at_ms, _)| *at_ms)
    }

    /// A breach that is seen in this attempt.
    pub fn breach(&self, happened: String, expected: impl Into<String>, actual: impl Into<String>) -> Breach {
        let breach = Breach::new(happened, expected, actual);
        match self.event {
            Some(event) => breach.at(event),
            None => breach,
        }
    }
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum AttemptEnd {
    Answered,
    Failed(NetworkError),
    GivenUp,
}

impl fmt::Display for AttemptEnd {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            AttemptEnd::Answered => write!(out, "answered"),
            AttemptEnd::Failed(NetworkError::Refused) => write!(out, "refused"),
            AttemptEnd::Failed(NetworkError::TimedOut) => write!(out, "timed out"),
            AttemptEnd::GivenUp => write!(out, "dropped by the balancer"),
        }
    }
}

/// Names, with commas.
pub fn names(instances: &[InstanceId]) -> String {
    let names: Vec<String> = instances.iter().map(InstanceId::to_string).collect();
    names.join(", ")
}

/// How many of something, in the singular or the plural.
pub fn several(count: usize, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{count} {what}s") }
}

impl Seen {
    /// What a balancer knows about an instance then; nothing while the newest news may or may not have taken effect.
    pub fn status(&self, instance: InstanceId, at_ms: u64) -> Option<Status> {
        let about = || self.news.iter().filter(|news| news.event.instance == instance);
        let newest = about().filter(|news| news.readable_ms <= at_ms).max_by_key(|news| news.event.version)?;
        // The same news may have come twice.
        let settled = about().any(|news| news.event.version == newest.event.version && news.settled_ms <= at_ms);
        settled.then_some(newest.event.status)
    }

    /// Every instance that was ever announced.
    pub fn instances(&self) -> Vec<InstanceId> {
        let mut all: Vec<InstanceId> = self.news.iter().map(|news| news.event.instance).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The instances that a balancer knows to be up then.
    pub fn up(&self, at_ms: u64) -> Vec<InstanceId> {
        self.instances().into_iter().filter(|instance| self.status(*instance, at_ms) == Some(Status::Up)).collect()
    }

    /// The attempts of a call, in order.
    pub fn attempts_of(&self, call: u64) -> Vec<&AttemptSeen> {
        self.attempts.iter().filter(|attempt| attempt.call == call).collect()
    }

    /// The attempts at an instance, in order.
    pub fn attempts_at(&self, instance: InstanceId) -> impl Iterator<Item = &AttemptSeen> {
        self.attempts.iter().filter(move |attempt| attempt.instance == instance)
    }

    /// When `count` calls have begun since; nothing if there are not so many.
    pub fn after_calls(&self, from_ms: u64, count: usize) -> Option<u64> {
        self.calls.iter().filter(|call| call.began_ms >= from_ms).nth(count).map(|call| call.began_ms)
    }

    /// How many attempts each of these instances got from these calls.
    pub fn shares(&self, instances: &[InstanceId], calls: RangeInclusive<u64>) -> Shares {
        let count = |instance: &InstanceId| {
            let theirs = |attempt: &&AttemptSeen| calls.contains(&attempt.call);
            (*instance, self.attempts_at(*instance).filter(theirs).count())
        };
        Shares(instances.iter().map(count).collect())
    }
}

/// How many attempts each instance got.
pub struct Shares(Vec<(InstanceId, usize)>);

impl Shares {
    /// The mean over the instances.
    pub fn mean(&self) -> f64 {
        self.0.iter().map(|(_, count)| *count).sum::<usize>() as f64 / self.0.len().max(1) as f64
    }

    /// Every instance, its attempts, and these as a multiple of the mean.
    pub fn of_mean(&self) -> impl Iterator<Item = (InstanceId, usize, f64)> + '_ {
        let mean = self.mean();
        self.0.iter().map(move |(instance, count)| (*instance, *count, *count as f64 / mean.max(1.0)))
    }

    /// All of them, in words.
    pub fn told(&self) -> String {
        let each: Vec<String> = self.0.iter().map(|(instance, count)| format!("{instance}: {count}")).collect();
        format!("attempts: {}", each.join(", "))
    }
}

/// One ejection of an instance, as the contract has it.
#[derive(Clone, Copy, Debug)]
pub struct Ejection {
    pub instance: InstanceId,
    pub began_ms: u64,
    /// Until when the instance gets nothing.
    pub until_ms: u64,
    /// From when on it has to be probed: as late as a balancer may put it.
    pub probe_due_ms: u64,
    /// Because a probe failed.
    pub by_probe: bool,
    /// How it ended, as far as that was seen.
    pub ended: Option<Ended>,
}

/// How an ejection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// An attempt that was sent before brought an answer: from here on the contract leaves it open.
    Open { at_ms: u64 },
    /// A probe succeeded.
    Recovered { at_ms: u64 },
    /// A probe failed.
    ProbeFailed { at_ms: u64 },
    /// The instance got an attempt while it was ejected; what follows says nothing more.
    Broken { attempt: usize },
}

impl Seen {
    /// The ejections of an instance, in order.
    pub fn ejections(&self, instance: InstanceId) -> Vec<Ejection> {
        let mut ends: Vec<(u64, usize)> = (0..self.attempts.len())
            .filter(|index| self.attempts[*index].instance == instance)
            .map(|index| (self.attempts[index].ended_ms(), index))
            .collect();
        ends.sort_unstable();
        let mut watch = Watch { policy: self.setup.policy, instance, failures: 0, ejections: Vec::new() };
        for (_, index) in ends {
            let attempt = &self.attempts[index];
            // One that was sent too early is seen as soon as it ends, or at the end of the play if it never does.
            if watch.is_too_early(attempt) {
                watch.end(Ended::Broken { attempt: index });
                break;
            }
            match attempt.ended {
                Some((at_ms, AttemptEnd::Answered)) => watch.success(attempt.at_ms, at_ms),
                Some((at_ms, AttemptEnd::Failed(_))) => watch.failure(attempt.at_ms, at_ms),
                Some((_, AttemptEnd::GivenUp)) | None => {}
            }
        }
        watch.ejections
    }
}

struct Watch {
    policy: Policy,
    instance: InstanceId,
    failures: u32,
    ejections: Vec<Ejection>,
}

impl Watch {
    fn open(&mut self) -> Option<&mut Ejection> {
        self.ejections.last_mut().filter(|ejection| ejection.ended.is_none())
    }

    fn is_too_early(&mut self, attempt: &AttemptSeen) -> bool {
        let at_ms = attempt.at_ms;
        self.open().is_some_and(|ejection| at_ms > ejection.began_ms && at_ms + 1 < ejection.until_ms)
    }

    fn end(&mut self, how: Ended) {
        if let Some(ejection) = self.open() {
            ejection.ended = Some(how);
        }
    }

    fn success(&mut self, sent_ms: u64, at_ms: u64) {
        self.failures = 0;
        let Some(began_ms) = self.open().map(|ejection| ejection.began_ms) else { return };
        self.end(if sent_ms <= began_ms { Ended::Open { at_ms } } else { Ended::Recovered { at_ms } });
    }

    fn failure(&mut self, sent_ms: u64, at_ms: u64) {
        let eject_ms = self.policy.eject_ms;
        match self.open() {
            Some(ejection) if sent_ms <= ejection.began_ms => ejection.probe_due_ms = at_ms + eject_ms,
            Some(_) => {
                self.end(Ended::ProbeFailed { at_ms });
                self.eject(at_ms, true);
            }
            None => {
                self.failures += 1;
                if self.failures >= self.policy.eject_after {
                    self.eject(at_ms, false);
                }
            }
        }
    }

    fn eject(&mut self, began_ms: u64, by_probe: bool) {
        self.failures = 0;
        let until_ms = began_ms + self.policy.eject_ms;
        let instance = self.instance;
        self.ejections.push(Ejection { instance, began_ms, until_ms, probe_due_ms: until_ms, by_probe, ended: None });
    }
}
