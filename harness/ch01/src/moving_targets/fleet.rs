//! The registry and the instances, with their faults.

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use explore::Plan;
use harness::stage::{Stage, sleep, sleep_unheard};
use sim::{EventId, Lane, Tone};

use super::contract::*;
use super::seen::{AttemptEnd, AttemptSeen, CallSeen, NewsSeen, Seen};
use super::world::{Entry, Setup, told};

/// How long a request is on its way.
const TRAVEL_MS: u64 = 1;

/// How long it takes to find out that nobody listens.
const REFUSED_MS: u64 = 2;

/// Everything that a balancer can reach.
pub struct Site {
    stage: Stage,
    registry: Lane,
    balancer: Lane,
    lanes: BTreeMap<InstanceId, Lane>,
    answers_after_ms: u64,
    entries: Vec<Entry>,
    /// In the order in which it can be read.
    news: Vec<(u64, Event)>,
    outages: Vec<(u64, u64)>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    read: usize,
    failed_asks_ms: Vec<u64>,
    attempts: Vec<AttemptSeen>,
    attempts_at: BTreeMap<InstanceId, u64>,
}

impl Site {
    /// The site of a schedule.
    pub fn new(stage: Stage, plan: &Plan<Setup, Entry>) -> Self {
        let first = |number| (0, Event { instance: InstanceId(number), version: 1, status: Status::Up });
        let mut news: Vec<(u64, Event)> = (1..=plan.setup.instances).map(first).collect();
        news.extend(plan.entries.iter().filter_map(|entry| match entry {
            Entry::News { at_ms, event } => Some((*at_ms, *event)),
            _ => None,
        }));
        news.sort_by_key(|(at_ms, _)| *at_ms);
        let lanes = news.iter().map(|(_, event)| (event.instance, stage.lane(&event.instance.to_string()))).collect();
        let outages = plan.entries.iter().filter_map(|entry| match entry {
            Entry::RegistryDown { from_ms, to_ms } => Some((*from_ms, *to_ms)),
            _ => None,
        });
        let (registry, balancer) = (stage.lane("registry"), stage.lane("balancer"));
        let (outages, entries) = (outages.collect(), plan.entries.clone());
        let answers_after_ms = plan.setup.answers_after_ms;
        Site { stage, registry, balancer, lanes, answers_after_ms, entries, news, outages, state: Mutex::default() }
    }

    /// What was seen.
    pub fn seen(&self, setup: Setup, mut calls: Vec<CallSeen>) -> Seen {
        let mut state = self.state();
        calls.sort_by_key(|call| call.id);
        let news = self.news.iter().map(|(at_ms, event)| {
            let back_ms = self.outage(*at_ms).map_or(*at_ms, |(_, to_ms)| to_ms);
            NewsSeen::new(*event, back_ms, &self.outages, setup.policy.registry_retry_ms)
        });
        Seen {
            news: news.collect(),
            outages: self.outages.clone(),
            calls,
            attempts: std::mem::take(&mut state.attempts),
            failed_asks_ms: std::mem::take(&mut state.failed_asks_ms),
            entries: self.entries.clone(),
            setup,
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn outage(&self, at_ms: u64) -> Option<(u64, u64)> {
        self.outages.iter().copied().find(|(from_ms, to_ms)| (*from_ms..*to_ms).contains(&at_ms))
    }

    /// The next piece of news, or when it can be worth looking again.
    fn poll(&self) -> Result<Event, Option<u64>> {
        let now_ms = self.stage.now_ms();
        let mut state = self.state();
        let next = self.news.get(state.read);
        if let Some((_, event)) = next.filter(|(at_ms, _)| *at_ms <= now_ms) {
            state.read += 1;
            return Ok(*event);
        }
        let outage = self.outages.iter().map(|(from_ms, _)| *from_ms).filter(|from_ms| *from_ms > now_ms).min();
        Err(outage.into_iter().chain(next.map(|(at_ms, _)| *at_ms)).min())
    }

    fn lane(&self, instance: InstanceId) -> Lane {
        self.lanes.get(&instance).copied().unwrap_or_else(|| self.stage.lane(&instance.to_string()))
    }

    /// Whether nothing was ever heard of it, or the newest that has happened is that it is gone.
    fn is_gone(&self, instance: InstanceId) -> bool {
        let now_ms = self.stage.now_ms();
        let known = self.news.iter().filter(|(at_ms, event)| event.instance == instance && *at_ms <= now_ms);
        known.max_by_key(|(_, event)| event.version).is_none_or(|(_, event)| event.status == Status::Departed)
    }

    fn failure(&self, instance: InstanceId, nth: u64) -> Option<NetworkError> {
        let now_ms = self.stage.now_ms();
        if self.is_gone(instance) {
            return Some(NetworkError::Refused);
        }
        self.entries.iter().find_map(|entry| match entry {
            Entry::Fails { instance: whose, from_ms, to_ms, how } => {
                (*whose == instance && (*from_ms..*to_ms).contains(&now_ms)).then_some(*how)
            }
            Entry::FailsAttempts { instance: whose, first, last } => {
                (*whose == instance && (*first..=*last).contains(&nth)).then_some(NetworkError::Refused)
            }
            _ => None,
        })
    }

    fn latency_ms(&self, instance: InstanceId) -> u64 {
        let now_ms = self.stage.now_ms();
        let slow = self.entries.iter().find_map(|entry| match entry {
            Entry::Slow { instance: whose, from_ms, to_ms, answers_after_ms } => {
                (*whose == instance && (*from_ms..*to_ms).contains(&now_ms)).then_some(*answers_after_ms)
            }
            _ => None,
        });
        slow.unwrap_or(self.answers_after_ms)
    }

    /// Writes an attempt down; gives its place in the books and its number at that instance.
    fn record(&self, instance: InstanceId, call: u64) -> (usize, u64) {
        let at_ms = self.stage.now_ms();
        let mut state = self.state();
        let nth = state.attempts_at.entry(instance).or_default();
        *nth += 1;
        let nth = *nth;
        state.attempts.push(AttemptSeen { call, instance, at_ms, event: None, ended: None });
        (state.attempts.len() - 1, nth)
    }

    fn arrived(&self, index: usize, event: EventId) {
        if let Some(attempt) = self.state().attempts.get_mut(index) {
            attempt.event = Some(event);
        }
    }

    fn end(&self, index: usize, end: AttemptEnd) {
        let at_ms = self.stage.now_ms();
        if let Some(attempt) = self.state().attempts.get_mut(index) {
            attempt.ended = Some((at_ms, end));
        }
    }

    async fn fail(&self, how: NetworkError, call: u64) -> NetworkError {
        sleep(Duration::from_millis(takes_ms(how) - TRAVEL_MS)).await;
        self.stage.note(self.balancer, Tone::Fault, format!("call {call}: {how:?}"));
        how
    }
}

/// How long an attempt takes that fails like this.
fn takes_ms(how: NetworkError) -> u64 {
    match how {
        NetworkError::Refused => REFUSED_MS,
        NetworkError::TimedOut => SEND_TIMEOUT_MS,
    }
}

#[async_trait]
impl Registry for Site {
    async fn next_event(&self) -> Result<Event, RegistryError> {
        self.stage.enter().await;
        loop {
            if self.outage(self.stage.now_ms()).is_some() {
                let asked_ms = self.stage.now_ms();
                self.state().failed_asks_ms.push(asked_ms);
                sleep(Duration::from_millis(REFUSED_MS)).await;
                self.stage.note(self.balancer, Tone::Fault, "the registry is down");
                return Err(RegistryError);
            }
            match self.poll() {
                Ok(event) => {
                    let message = self.stage.send(self.registry, self.balancer, told(&event));
                    self.stage.receive(self.balancer, message);
                    return Ok(event);
                }
                Err(Some(at_ms)) => self.stage.until_ms(at_ms).await,
                Err(None) => pending().await,
            }
        }
    }
}

#[async_trait]
impl Network for Site {
    async fn send(&self, instance: InstanceId, request: Request) -> Result<Reply, NetworkError> {
        let stage = &self.stage;
        stage.enter().await;
        let call = request.id;
        let (index, nth) = self.record(instance, call);
        let lane = self.lane(instance);
        let message = stage.send(self.balancer, lane, format!("call {call}"));
        let mut attended = Attended { site: self, index, over: false };
        let failure = self.failure(instance, nth);
        let latency_ms = self.latency_ms(instance);
        let ends_after_ms = failure.map_or(latency_ms, takes_ms);
        sleep_unheard(Duration::from_millis(TRAVEL_MS), Duration::from_millis(ends_after_ms)).await;
        let result = match failure {
            Some(how) => {
                let why = if how == NetworkError::Refused { "refused" } else { "no answer" };
                self.arrived(index, stage.lost(self.balancer, message, why));
                Err(self.fail(how, call).await)
            }
            None => {
                self.arrived(index, stage.receive(lane, message));
                sleep(Duration::from_millis(latency_ms - TRAVEL_MS)).await;
                let reply = stage.send(lane, self.balancer, format!("reply {call}"));
                stage.receive(self.balancer, reply);
                Ok(Reply { answers: call, served_by: instance })
            }
        };
        attended.over = true;
        self.end(index, result.map_or_else(AttemptEnd::Failed, |_| AttemptEnd::Answered));
        result
    }
}

/// Notices when an attempt is given up.
struct Attended<'a> {
    site: &'a Site,
    index: usize,
    over: bool,
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.site.end(self.index, AttemptEnd::GivenUp);
        }
    }
}
