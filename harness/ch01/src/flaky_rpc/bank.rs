//! The link and the bank behind it, with their faults.
//!
//! The link is one connection a client, used for all its calls. As on any connection that is kept open, giving up on a
//! reply does not stop it from coming: whoever waits next gets it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use explore::Plan;
use harness::stage::{Stage, sleep, sleep_unheard};
use rand::RngExt;
use sim::{Choice, Lane, MessageId, Tone};
use tokio::sync::oneshot;

use super::contract::*;
use super::world::{AttemptEnd, AttemptSeen, Entry, Fate, Setup, evidence};

/// One-way delays, in milliseconds.
const LATENCY_MS: std::ops::RangeInclusive<u64> = 2..=9;

/// The bank, and the wires to it.
pub struct Server {
    stage: Stage,
    lane: Lane,
    plan: Plan<Setup, Entry>,
    choice: Choice,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    attempts: Vec<AttemptSeen>,
    applied: Vec<(IdempotencyKey, Charge, Receipt)>,
    wires: BTreeMap<u32, Wire>,
}

#[derive(Default)]
struct Wire {
    sent: u32,
    /// Who waits, by the number of the attempt.
    waiting: BTreeMap<u32, oneshot::Sender<Arrived>>,
    /// Replies that came while nobody waited.
    strays: Vec<(MessageId, Reply)>,
}

struct Arrived {
    message: Option<MessageId>,
    result: Result<Reply, TransportError>,
}

impl Server {
    /// A bank without any charges.
    pub fn new(stage: Stage, plan: Plan<Setup, Entry>, choice: Choice) -> Self {
        let lane = stage.lane("bank");
        Server { stage, lane, plan, choice, state: Mutex::default() }
    }

    /// Every attempt, and every charge that was applied.
    pub fn books(&self) -> (Vec<AttemptSeen>, Vec<(IdempotencyKey, Charge, Receipt)>) {
        let mut state = self.state();
        (std::mem::take(&mut state.attempts), std::mem::take(&mut state.applied))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What happens to this attempt: its own fate, or that of an outage.
    fn fate(&self, client: u32, nth: u32) -> Option<Fate> {
        let now_ms = self.stage.now_ms();
        self.plan.entries.iter().find_map(|entry| match entry {
            Entry::Fate { client: whose, attempt, fate } if (*whose, *attempt) == (client, nth) => Some(fate.clone()),
            Entry::Outage { from_ms, to_ms, silent } if (*from_ms..*to_ms).contains(&now_ms) => {
                Some(if *silent { Fate::RequestLost } else { Fate::Unreachable })
            }
            _ => None,
        })
    }

    /// Applies a charge, once for every key.
    fn apply(&self, attempt: &Attempt) -> Receipt {
        let mut state = self.state();
        if let Some((_, _, receipt)) = state.applied.iter().find(|(key, _, _)| *key == attempt.key) {
            return *receipt;
        }
        let receipt = Receipt { number: u32::try_from(state.applied.len()).expect("few charges") + 1 };
        state.applied.push((attempt.key.clone(), attempt.charge, receipt));
        receipt
    }

    /// Takes an attempt over the wire, and its answer back.
    async fn carry(self: Arc<Self>, flight: Flight, attempt: Attempt) {
        let Flight { client, nth, lane, message } = flight;
        let mut latency = self.choice.part("latency", u64::from(client) << 32 | u64::from(nth)).stream("ms");
        let mut one_way = || Duration::from_millis(latency.random_range(LATENCY_MS));
        let (there, back) = (one_way(), one_way());
        let fate = self.fate(client, nth);
        let stage = &self.stage;
        if fate == Some(Fate::RequestLost) {
            stage.lost(lane, message, "lost");
            stage.count(evidence::REQUEST_LOST);
            return;
        }
        sleep_unheard(there, there + back).await;
        let error = match fate {
            Some(Fate::Unreachable) => {
                stage.lost(lane, message, "nobody listens");
                stage.count(evidence::UNREACHABLE);
                sleep(back).await;
                return self.answer(client, nth, Arrived { message: None, result: Err(TransportError::Unreachable) });
            }
            Some(Fate::Overloaded { retry_after_ms }) => {
                stage.count(evidence::OVERLOADED);
                Some((TransportError::Overloaded { retry_after_ms }, format!("busy, back in {retry_after_ms} ms")))
            }
            Some(Fate::Rejected) => {
                stage.count(evidence::REJECTED);
                let reason = format!("account {} is closed", attempt.charge.account);
                Some((TransportError::Rejected { reason: reason.clone() }, reason))
            }
            _ => None,
        };
        stage.receive(self.lane, message);
        if let Some((error, label)) = error {
            let message = stage.send(self.lane, lane, label);
            sleep(back).await;
            return self.answer(client, nth, Arrived { message: Some(message), result: Err(error) });
        }
        let receipt = self.apply(&attempt);
        let message = stage.send(self.lane, lane, format!("receipt {}", receipt.number));
        match fate {
            Some(Fate::ReplyLost) => {
                stage.lost(self.lane, message, "lost");
                stage.count(evidence::REPLY_LOST);
                return;
            }
            Some(Fate::ReplyLate { by_ms }) => sleep(back + Duration::from_millis(by_ms)).await,
            _ => sleep(back).await,
        }
        let reply = Reply { answers: attempt.key, receipt };
        self.answer(client, nth, Arrived { message: Some(message), result: Ok(reply) });
    }

    /// Hands an answer to its attempt; one that came too late, to whoever waits next.
    fn answer(&self, client: u32, nth: u32, arrived: Arrived) {
        let mut state = self.state();
        let wire = state.wires.entry(client).or_default();
        if let Some(waiting) = wire.waiting.remove(&nth) {
            // Whoever waits removes itself before it goes away.
            let _ = waiting.send(arrived);
            return;
        }
        let (Some(message), Ok(reply)) = (arrived.message, arrived.result) else { return };
        match wire.waiting.pop_first() {
            Some((_, waiting)) => {
                let _ = waiting.send(Arrived { message: Some(message), result: Ok(reply) });
            }
            None => wire.strays.push((message, reply)),
        }
    }

    fn end(&self, index: usize, end: AttemptEnd) {
        let at_ms = self.stage.now_ms();
        if let Some(seen) = self.state().attempts.get_mut(index) {
            seen.ended = Some((at_ms, end));
        }
    }
}

#[derive(Clone, Copy)]
struct Flight {
    client: u32,
    nth: u32,
    lane: Lane,
    message: MessageId,
}

/// A client's end of its connection.
pub struct Link {
    bank: Arc<Server>,
    client: u32,
    lane: Lane,
}

impl Link {
    /// The connection of that client.
    pub fn new(bank: &Arc<Server>, client: u32, lane: Lane) -> Self {
        Link { bank: bank.clone(), client, lane }
    }

    /// Counts and records the attempt; gives its number and its place in the books.
    fn record(&self, attempt: &Attempt) -> (u32, usize) {
        let at_ms = self.bank.stage.now_ms();
        let mut state = self.bank.state();
        let wire = state.wires.entry(self.client).or_default();
        wire.sent += 1;
        let nth = wire.sent;
        state.attempts.push(AttemptSeen { client: self.client, nth, attempt: attempt.clone(), at_ms, ended: None });
        (nth, state.attempts.len() - 1)
    }

    fn stray(&self) -> Option<(MessageId, Reply)> {
        let mut state = self.bank.state();
        let strays = &mut state.wires.entry(self.client).or_default().strays;
        (!strays.is_empty()).then(|| strays.remove(0))
    }
}

#[async_trait]
impl Transport for Link {
    async fn send(&self, attempt: Attempt) -> Result<Reply, TransportError> {
        let bank = &self.bank;
        let stage = &bank.stage;
        stage.enter().await;
        let (nth, index) = self.record(&attempt);
        let key: String = attempt.key.0.chars().take(8).collect();
        let label = format!("attempt {nth}: {} cents, key {key}", attempt.charge.cents);
        let flight =
            Flight { client: self.client, nth, lane: self.lane, message: stage.send(self.lane, bank.lane, label) };
        let (sender, receiver) = oneshot::channel();
        bank.state().wires.entry(self.client).or_default().waiting.insert(nth, sender);
        let mut attended = Attended { link: self, nth, index, over: false };
        let asked = attempt.key.clone();
        tokio::spawn(bank.clone().carry(flight, attempt));
        let arrived = match self.stray() {
            Some((message, reply)) => {
                sleep(Duration::from_millis(1)).await;
                Arrived { message: Some(message), result: Ok(reply) }
            }
            None => receiver.await.expect("the wire keeps the sender until it has an answer"),
        };
        attended.over = true;
        if let Some(message) = arrived.message {
            stage.receive(self.lane, message);
        }
        match &arrived.result {
            Ok(reply) if reply.answers != asked => stage.count(evidence::STRAY),
            Ok(_) => stage.count(evidence::ANSWERED),
            Err(_) => {}
        }
        let end = arrived.result.clone().map_or_else(AttemptEnd::Failed, AttemptEnd::Answered);
        bank.end(index, end);
        bank.state().wires.entry(self.client).or_default().waiting.remove(&nth);
        arrived.result
    }
}

/// Notices when an attempt is given up.
struct Attended<'a> {
    link: &'a Link,
    nth: u32,
    index: usize,
    over: bool,
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        if self.over {
            return;
        }
        let bank = &self.link.bank;
        bank.stage.note(self.link.lane, Tone::Plain, format!("gives up attempt {}", self.nth));
        bank.end(self.index, AttemptEnd::GivenUp);
        bank.state().wires.entry(self.link.client).or_default().waiting.remove(&self.nth);
    }
}
