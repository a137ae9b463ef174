//! Schedules, and how they are played.
//!
//! Every instance answers after the same time however many calls it has, so that what a balancer sees of the load is
//! what it made of it. Attempts are counted per instance, from 1, and faults name them by that number.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use explore::Plan;
use harness::exercise::World;
use harness::stage::{Played, Stage, play, timeout};
use sim::{Choice, Random, Tone, Trace};

use super::contract::*;
use super::fleet::Site;
use super::seen::{CallOutcome, CallSeen, Seen};

/// How the balancer under test is made.
pub type Make = fn(Arc<dyn Registry>, Arc<dyn Network>, Policy, Random) -> Arc<dyn LoadBalancer>;

/// The world of this exercise.
pub struct Fleet {
    /// The code under test.
    pub make: Make,
}

/// What a schedule fixes.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The balancer's policy.
    pub policy: Policy,
    /// Instances `i1`, `i2`, …, announced at 0 ms with version 1.
    pub instances: u32,
    /// How long an instance takes to answer, unless it is slow.
    pub answers_after_ms: u64,
}

/// A step of the workload or a fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Calls. Their callers may give up after some time.
    Calls { from_ms: u64, count: u64, every_ms: u64, give_up_after_ms: Option<u64> },
    /// The registry announces something.
    News { at_ms: u64, event: Event },
    /// No attempt that begins in this time is answered.
    Fails { instance: InstanceId, from_ms: u64, to_ms: u64, how: NetworkError },
    /// Nor are these.
    FailsAttempts { instance: InstanceId, first: u64, last: u64 },
    /// An instance takes longer for attempts that begin in this time.
    Slow { instance: InstanceId, from_ms: u64, to_ms: u64, answers_after_ms: u64 },
    /// The registry cannot be reached.
    RegistryDown { from_ms: u64, to_ms: u64 },
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Calls { from_ms, count, every_ms, give_up_after_ms } => {
                write!(out, "{count} calls from {from_ms} ms on, one every {every_ms} ms")?;
                match give_up_after_ms {
                    Some(after_ms) => write!(out, ", whose callers give up after {after_ms} ms"),
                    None => Ok(()),
                }
            }
            Entry::News { at_ms, event } => write!(out, "news at {at_ms} ms: {}", told(event)),
            Entry::Fails { instance, from_ms, to_ms, how: NetworkError::Refused } => {
                write!(out, "{instance} refuses every attempt {}", span(*from_ms, *to_ms))
            }
            Entry::Fails { instance, from_ms, to_ms, how: NetworkError::TimedOut } => {
                write!(out, "{instance} answers nothing {}", span(*from_ms, *to_ms))
            }
            Entry::FailsAttempts { instance, first, last } if first == last => {
                write!(out, "attempt {first} at {instance} is refused")
            }
            Entry::FailsAttempts { instance, first, last } => {
                write!(out, "attempts {first} to {last} at {instance} are refused")
            }
            Entry::Slow { instance, from_ms, to_ms, answers_after_ms } => {
                write!(out, "{instance} takes {answers_after_ms} ms to answer {}", span(*from_ms, *to_ms))
            }
            Entry::RegistryDown { from_ms, to_ms } => {
                write!(out, "the registry is down from {from_ms} ms to {to_ms} ms")
            }
        }
    }
}

/// The end of a fault that does not end.
pub const FOR_EVER_MS: u64 = u64::MAX;

fn span(from_ms: u64, to_ms: u64) -> String {
    if to_ms == FOR_EVER_MS { format!("from {from_ms} ms on") } else { format!("from {from_ms} ms to {to_ms} ms") }
}

/// News in a few words.
pub fn told(event: &Event) -> String {
    let what = match event.status {
        Status::Up => "is up",
        Status::Draining => "is draining",
        Status::Departed => "has departed",
    };
    format!("{} {what} (version {})", event.instance, event.version)
}

/// How long a caller that does not give up is watched.
const PATIENCE_MS: u64 = 3_000;

impl World for Fleet {
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn play(&self, choice: Choice, plan: &Plan<Setup, Entry>) -> Played<Seen> {
        let plan = plan.clone();
        let instances = (1..=plan.setup.instances).map(|number| InstanceId(number).to_string());
        let trace = Trace::new(["registry".to_owned(), "balancer".to_owned()].into_iter().chain(instances));
        play(choice, limit_ms(&plan), trace, |stage| script(self.make, choice, plan, stage))
    }
}

fn limit_ms(plan: &Plan<Setup, Entry>) -> u64 {
    let last = plan.entries.iter().map(|entry| match entry {
        Entry::Calls { from_ms, count, every_ms, .. } => from_ms + count * every_ms,
        _ => 0,
    });
    last.max().unwrap_or(0) + PATIENCE_MS + 1_000
}

async fn script(make: Make, choice: Choice, plan: Plan<Setup, Entry>, stage: Stage) -> Seen {
    let site = Arc::new(Site::new(stage.clone(), &plan));
    let random = choice.stream("random");
    let balancer = make(site.clone(), site.clone(), plan.setup.policy, random);
    let mut tasks = Vec::new();
    for (at_ms, id, give_up_after_ms) in workload(&plan) {
        stage.until_ms(at_ms).await;
        let caller = Caller { stage: stage.clone(), request: Request { id }, give_up_after_ms };
        tasks.push(tokio::spawn(caller.call(balancer.clone())));
    }
    let mut calls = Vec::new();
    for task in tasks {
        // A task that panicked is told by the stage.
        calls.extend(task.await.ok());
    }
    site.seen(plan.setup, calls)
}

/// Time, id, and how long after that its caller gives up, in order of time.
fn workload(plan: &Plan<Setup, Entry>) -> Vec<(u64, u64, Option<u64>)> {
    let mut calls = Vec::new();
    for entry in &plan.entries {
        if let Entry::Calls { from_ms, count, every_ms, give_up_after_ms } = *entry {
            calls.extend((0..count).map(|nth| (from_ms + nth * every_ms, 0, give_up_after_ms)));
        }
    }
    calls.sort_by_key(|(at_ms, ..)| *at_ms);
    for (id, call) in (1..).zip(&mut calls) {
        call.1 = id;
    }
    calls
}

struct Caller {
    stage: Stage,
    request: Request,
    give_up_after_ms: Option<u64>,
}

impl Caller {
    async fn call(self, balancer: Arc<dyn LoadBalancer>) -> CallSeen {
        let Caller { stage, request, give_up_after_ms } = self;
        let began_ms = stage.now_ms();
        let limit_ms = give_up_after_ms.unwrap_or(PATIENCE_MS);
        let result = timeout(Duration::from_millis(limit_ms), balancer.call(request)).await;
        let outcome = match result {
            Ok(result) => CallOutcome::Returned(result),
            Err(_) if give_up_after_ms.is_some() => CallOutcome::Dropped,
            Err(_) => CallOutcome::Never,
        };
        let told = match &outcome {
            CallOutcome::Returned(Ok(_)) => None,
            CallOutcome::Returned(Err(error)) => Some((Tone::Plain, format!("call {} fails: {error:?}", request.id))),
            CallOutcome::Dropped => Some((Tone::Fault, format!("the caller of call {} gives up", request.id))),
            CallOutcome::Never => Some((Tone::Bad, format!("call {} has no result", request.id))),
        };
        if let Some((tone, text)) = told {
            stage.note(stage.lane("balancer"), tone, text);
        }
        CallSeen { id: request.id, began_ms, ended_ms: stage.now_ms(), outcome }
    }
}
