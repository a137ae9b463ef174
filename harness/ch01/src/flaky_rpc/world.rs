//! Schedules, and what is seen when they are played.
//!
//! Every client has a connection of its own. Attempts are counted per client, from 1, and faults name them by that number.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use explore::Plan;
use harness::exercise::World;
use harness::stage::{Played, Stage, play, sleep, timeout};
use sim::{Choice, EventId, Lane, Random, Tone, Trace};

use super::bank::{Link, Server};
use super::contract::*;

/// How the client under test is made.
pub type Make = fn(Arc<dyn Transport>, Policy, Random) -> Arc<dyn RpcClient>;

/// The world of this exercise.
pub struct Bank {
    /// The code under test.
    pub make: Make,
}

/// What a schedule fixes.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The policy of every client.
    pub policy: Policy,
    /// How many clients there are.
    pub clients: u32,
}

/// A step of the workload or a fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Calls, each for another amount, or all for the same one.
    Calls { client: u32, from_ms: u64, count: u32, every_ms: u64, cents: u32, same: bool },
    /// A call whose future is dropped.
    Dropped { client: u32, at_ms: u64, after_ms: u64, cents: u32 },
    /// Something happens to one attempt.
    Fate { client: u32, attempt: u32, fate: Fate },
    /// Nothing gets through for a while.
    Outage { from_ms: u64, to_ms: u64, silent: bool },
}

impl Entry {
    /// When nothing gets through, if this is an outage.
    pub fn outage(&self) -> Option<(u64, u64)> {
        match *self {
            Entry::Outage { from_ms, to_ms, .. } => Some((from_ms, to_ms)),
            _ => None,
        }
    }
}

/// What happens to one attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Fate {
    RequestLost,
    ReplyLost,
    ReplyLate { by_ms: u64 },
    Unreachable,
    Overloaded { retry_after_ms: u64 },
    Rejected,
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Calls { client, from_ms, count: 1, cents, .. } => {
                write!(out, "client {client} charges {cents} cents at {from_ms} ms")
            }
            Entry::Calls { client, from_ms, count, every_ms, cents, same } => {
                let amounts = if *same { "each time" } else { "and one more each time" };
                write!(out, "client {client} makes {count} calls from {from_ms} ms on, one every {every_ms} ms, ")?;
                write!(out, "for {cents} cents {amounts}")
            }
            Entry::Dropped { client, at_ms, after_ms, cents } => {
                write!(
                    out,
                    "client {client} charges {cents} cents at {at_ms} ms; its caller goes away {after_ms} ms later"
                )
            }
            Entry::Fate { client, attempt, fate } => {
                let which = format!("attempt {attempt} of client {client}");
                match fate {
                    Fate::RequestLost => write!(out, "the request of {which} is lost"),
                    Fate::ReplyLost => write!(out, "the reply to {which} is lost"),
                    Fate::ReplyLate { by_ms } => write!(out, "the reply to {which} is {by_ms} ms late"),
                    Fate::Unreachable => write!(out, "{which} finds nobody listening"),
                    Fate::Overloaded { retry_after_ms } => {
                        write!(out, "{which} finds the server busy: come back in {retry_after_ms} ms")
                    }
                    Fate::Rejected => write!(out, "{which} is refused for good"),
                }
            }
            Entry::Outage { from_ms, to_ms, silent } => {
                let how = if *silent { "nothing gets through" } else { "nobody listens" };
                write!(out, "{how} from {from_ms} ms to {to_ms} ms")
            }
        }
    }
}

/// What a play leaves behind.
pub struct Seen {
    pub setup: Setup,
    pub outages: Vec<(u64, u64)>,
    pub calls: Vec<CallSeen>,
    pub attempts: Vec<AttemptSeen>,
    /// Every charge the bank has applied, with its receipt.
    pub applied: Vec<(IdempotencyKey, Charge, Receipt)>,
}

/// One call, as its caller saw it.
#[derive(Clone, Debug)]
pub struct CallSeen {
    pub client: u32,
    pub charge: Charge,
    pub began_ms: u64,
    pub ended_ms: u64,
    /// The event at which it ended.
    pub ended: EventId,
    /// The first event after its deadline, if it was still under way then.
    pub overdue: Option<EventId>,
    pub outcome: CallOutcome,
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq)]
pub enum CallOutcome {
    Returned(Result<Receipt, CallError>),
    /// Its caller went away.
    Dropped,
    /// It had not returned a long time after its deadline.
    Never,
}

impl fmt::Display for CallOutcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            CallOutcome::Returned(Ok(receipt)) => write!(out, "receipt {}", receipt.number),
            CallOutcome::Returned(Err(error)) => write!(out, "the error {error:?}"),
            CallOutcome::Dropped => out.write_str("no result, for its caller went away"),
            CallOutcome::Never => write!(out, "no result {PATIENCE_MS} ms after its deadline"),
        }
    }
}

/// One attempt, as the link saw it.
#[derive(Clone, Debug)]
pub struct AttemptSeen {
    pub client: u32,
    pub nth: u32,
    pub attempt: Attempt,
    pub at_ms: u64,
    /// When and how it ended; `None` while it lasts.
    pub ended: Option<(u64, AttemptEnd)>,
}

/// How an attempt ended.
#[derive(Clone, Debug, PartialEq)]
pub enum AttemptEnd {
    Answered(Reply),
    Failed(TransportError),
    GivenUp,
}

/// Time after its deadline in which a call may still be seen to return.
const PATIENCE_MS: u64 = 5_000;

/// Quiet time at the end of every play, for attempts that nobody waits for any more.
const AFTERMATH_MS: u64 = 5_000;

/// Evidence counted by the world.
pub mod evidence {
    pub const REQUEST_LOST: &str = "a request is lost";
    pub const REPLY_LOST: &str = "a reply is lost";
    pub const STRAY: &str = "a late reply comes to an attempt of another call";
    pub const UNREACHABLE: &str = "an attempt finds nobody listening";
    pub const OVERLOADED: &str = "the server asks a client to come back later";
    pub const REJECTED: &str = "the bank refuses a charge";
    pub const DROPPED: &str = "a caller goes away while its call is under way";
    pub const ANSWERED: &str = "the bank answers";
}

impl World for Bank {
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn play(&self, choice: Choice, plan: &Plan<Setup, Entry>) -> Played<Seen> {
        let plan = plan.clone();
        let clients = (1..=plan.setup.clients).map(|client| client_name(client, plan.setup.clients));
        let trace = Trace::new(clients.chain(["bank".to_owned()]));
        play(choice, limit_ms(&plan), trace, |stage| script(self.make, choice, plan, stage))
    }
}

fn client_name(client: u32, clients: u32) -> String {
    if clients == 1 { "client".to_owned() } else { format!("client {client}") }
}

fn limit_ms(plan: &Plan<Setup, Entry>) -> u64 {
    let last = plan.entries.iter().map(|entry| match entry {
        Entry::Calls { from_ms, count, every_ms, .. } => from_ms + u64::from(*count) * every_ms,
        Entry::Dropped { at_ms, after_ms, .. } => at_ms + after_ms,
        Entry::Fate { .. } | Entry::Outage { .. } => 0,
    });
    last.max().unwrap_or(0) + plan.setup.policy.deadline_ms + PATIENCE_MS + AFTERMATH_MS + 1_000
}

async fn script(make: Make, choice: Choice, plan: Plan<Setup, Entry>, stage: Stage) -> Seen {
    let bank = Arc::new(Server::new(stage.clone(), plan.clone(), choice));
    let clients: Vec<Arc<dyn RpcClient>> = (1..=plan.setup.clients)
        .map(|client| {
            let lane = stage.lane(&client_name(client, plan.setup.clients));
            let random = choice.part("client", u64::from(client)).stream("random");
            make(Arc::new(Link::new(&bank, client, lane)), plan.setup.policy, random)
        })
        .collect();
    let mut tasks = Vec::new();
    for (client, at_ms, charge, drop_after_ms) in workload(&plan) {
        let lane = stage.lane(&client_name(client, plan.setup.clients));
        let caller = Caller { stage: stage.clone(), lane, client, charge, drop_after_ms, policy: plan.setup.policy };
        let rpc = clients[client as usize - 1].clone();
        tasks.push(tokio::spawn(async move {
            caller.stage.until_ms(at_ms).await;
            caller.call(rpc).await
        }));
    }
    let mut calls = Vec::new();
    for task in tasks {
        // A task that panicked is told by the stage.
        calls.extend(task.await.ok());
    }
    sleep(Duration::from_millis(AFTERMATH_MS)).await;
    let (attempts, applied) = bank.books();
    Seen {
        outages: plan.entries.iter().filter_map(Entry::outage).collect(),
        setup: plan.setup,
        calls,
        attempts,
        applied,
    }
}

/// Client, time, charge, and how long after that its caller goes away.
fn workload(plan: &Plan<Setup, Entry>) -> Vec<(u32, u64, Charge, Option<u64>)> {
    let mut calls = Vec::new();
    for entry in &plan.entries {
        match *entry {
            Entry::Calls { client, from_ms, count, every_ms, cents, same } => {
                for nth in 0..count {
                    let charge = Charge { account: client, cents: if same { cents } else { cents + nth } };
                    calls.push((client, from_ms + u64::from(nth) * every_ms, charge, None));
                }
            }
            Entry::Dropped { client, at_ms, after_ms, cents } => {
                calls.push((client, at_ms, Charge { account: client, cents }, Some(after_ms)));
            }
            Entry::Fate { .. } | Entry::Outage { .. } => {}
        }
    }
    calls
}

struct Caller {
    stage: Stage,
    lane: Lane,
    client: u32,
    charge: Charge,
    drop_after_ms: Option<u64>,
    policy: Policy,
}

impl Caller {
    async fn call(self, rpc: Arc<dyn RpcClient>) -> CallSeen {
        let Caller { stage, lane, client, charge, drop_after_ms, policy } = self;
        let began_ms = stage.now_ms();
        stage.note(lane, Tone::Plain, format!("call: charge {} cents", charge.cents));
        let limit_ms = drop_after_ms.unwrap_or(policy.deadline_ms + PATIENCE_MS);
        let wait = stage.waiting(format!("the call of client {client} that charges {} cents", charge.cents));
        let overdue = Arc::new(Mutex::new(None));
        let watch =
            tokio::spawn(note_deadline(stage.clone(), lane, began_ms + policy.deadline_ms, charge, overdue.clone()));
        let result = timeout(Duration::from_millis(limit_ms), rpc.call(charge)).await;
        drop(wait);
        watch.abort();
        let (outcome, tone, text) = match result {
            Ok(Ok(receipt)) => (CallOutcome::Returned(Ok(receipt)), Tone::Good, format!("receipt {}", receipt.number)),
            Ok(Err(error)) => (CallOutcome::Returned(Err(error.clone())), Tone::Plain, format!("error: {error:?}")),
            Err(_) if drop_after_ms.is_some() => {
                stage.count(evidence::DROPPED);
                (CallOutcome::Dropped, Tone::Fault, "the caller goes away".to_owned())
            }
            Err(_) => (CallOutcome::Never, Tone::Bad, "still no result".to_owned()),
        };
        let ended = stage.note(lane, tone, format!("{text} ({} cents)", charge.cents));
        let overdue = overdue.lock().unwrap_or_else(PoisonError::into_inner).take();
        CallSeen { client, charge, began_ms, ended_ms: stage.now_ms(), ended, overdue, outcome }
    }
}

/// Marks the first millisecond after a deadline that found its call still under way.
async fn note_deadline(
    stage: Stage,
    lane: Lane,
    deadline_ms: u64,
    charge: Charge,
    overdue: Arc<Mutex<Option<EventId>>>,
) {
    stage.until_ms(deadline_ms + 1).await;
    let text = format!("the deadline has passed ({} cents)", charge.cents);
    let event = stage.note(lane, Tone::Bad, text);
    *overdue.lock().unwrap_or_else(PoisonError::into_inner) = Some(event);
}
