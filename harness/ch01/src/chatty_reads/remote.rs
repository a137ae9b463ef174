//! The store at the far end, with its faults.
//!
//! A call is carried by a task of its own: whoever sent it may go away, the store does not notice.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use explore::Plan;
use harness::stage::{Stage, sleep, sleep_unheard};
use sim::{Lane, MessageId, Tone};
use tokio::sync::oneshot;

use super::contract::*;
use super::world::{Entry, Op, Setup, evidence, shown};

/// To the store, and back again.
pub const ONE_WAY_MS: u64 = 40;

/// What a call does.
#[derive(Clone, Debug, PartialEq)]
pub enum Ask {
    /// `get` or `multi_get`.
    Fetch(Vec<Key>),
    /// `put`.
    Put(Key, Value),
}

impl Ask {
    fn op(&self) -> Op {
        match self {
            Ask::Fetch(_) => Op::Fetch,
            Ask::Put(..) => Op::Write,
        }
    }

    fn keys(&self) -> &[Key] {
        match self {
            Ask::Fetch(keys) => keys,
            Ask::Put(key, _) => std::slice::from_ref(key),
        }
    }

    fn label(&self) -> String {
        match self {
            Ask::Fetch(keys) => format!("fetch {}", few(keys.iter().map(ToString::to_string))),
            Ask::Put(key, value) => format!("put {key} = {value}"),
        }
    }
}

/// The first few of a list, and how many more there are.
fn few(items: impl ExactSizeIterator<Item = String>) -> String {
    const SHOWN: usize = 6;
    let more = items.len().saturating_sub(SHOWN);
    let shown = items.take(SHOWN).collect::<Vec<_>>().join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// One call, as the wire saw it.
#[derive(Clone, Debug)]
pub struct CallSeen {
    pub ask: Ask,
    pub sent_ms: u64,
    /// When the store looked at it.
    pub served_ms: Option<u64>,
    /// When its answer came back, if the reader still waited for it; of a put, without any keys.
    pub answered: Option<(u64, Result<Answers, StoreError>)>,
}

impl CallSeen {
    /// Whether it asks for this key.
    pub fn fetches(&self, key: Key) -> bool {
        matches!(&self.ask, Ask::Fetch(keys) if keys.contains(&key))
    }

    /// When an answer about this key came back, and what it said.
    pub fn answer(&self, key: Key) -> Option<(u64, Result<Option<Value>, StoreError>)> {
        if !self.fetches(key) {
            return None;
        }
        let (at_ms, answers) = self.answered.as_ref()?;
        let answer = answers.as_ref().map_err(Clone::clone).and_then(|answers| answers[&key].clone());
        Some((*at_ms, answer))
    }
}

/// What the store held, key by key.
#[derive(Clone, Debug, Default)]
pub struct History {
    missing: Vec<Key>,
    later: BTreeMap<Key, Vec<(u64, Value)>>,
}

impl History {
    /// Every value that the key has had, oldest first, and since when.
    pub fn of(&self, key: Key) -> Vec<(u64, Option<Value>)> {
        let first = (!self.missing.contains(&key)).then(|| Value("v0".to_owned()));
        let later = self.later.get(&key).into_iter().flatten().map(|(at_ms, value)| (*at_ms, Some(value.clone())));
        std::iter::once((0, first)).chain(later).collect()
    }

    fn latest(&self, key: Key) -> Option<Value> {
        self.of(key).pop().and_then(|(_, value)| value)
    }
}

/// The store, and the wire to it.
pub struct Remote {
    stage: Stage,
    reader: Lane,
    lane: Lane,
    plan: Plan<Setup, Entry>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: Vec<CallSeen>,
    history: History,
    /// How many calls of that kind there were for a key.
    counts: BTreeMap<(Op, Key), u32>,
}

type Answer = Result<Answers, StoreError>;

impl Remote {
    /// A store in which every key has the value `v0`, but for those that the plan says are missing.
    pub fn new(stage: Stage, plan: Plan<Setup, Entry>) -> Self {
        let missing = plan.entries.iter().filter_map(|entry| match entry {
            Entry::Missing { key } => Some(Key(*key)),
            _ => None,
        });
        let history = History { missing: missing.collect(), later: BTreeMap::new() };
        let state = Mutex::new(State { history, ..State::default() });
        Remote { reader: stage.lane("reader"), lane: stage.lane("store"), stage, plan, state }
    }

    /// Every call, and what the store held.
    pub fn books(&self) -> (Vec<CallSeen>, History) {
        let mut state = self.state();
        (std::mem::take(&mut state.calls), std::mem::take(&mut state.history))
    }

    /// Another client's write is applied.
    pub async fn written_elsewhere(&self, at_ms: u64, key: Key) {
        self.stage.until_ms(at_ms).await;
        let value = Value(format!("x{at_ms}"));
        self.stage.note(self.lane, Tone::Fault, format!("another client: {key} = {value}"));
        self.apply(key, value);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn apply(&self, key: Key, value: Value) {
        let at_ms = self.stage.now_ms();
        self.state().history.later.entry(key).or_default().push((at_ms, value));
    }

    /// A call leaves: its place in the books, and what the plan has in store for it.
    fn record(&self, ask: &Ask) -> (usize, Luck) {
        let sent_ms = self.stage.now_ms();
        let mut state = self.state();
        state.calls.push(CallSeen { ask: ask.clone(), sent_ms, served_ms: None, answered: None });
        let mut luck = Luck::default();
        for key in ask.keys() {
            let count = state.counts.entry((ask.op(), *key)).or_default();
            *count += 1;
            luck.add(&self.plan.entries, ask.op(), *key, *count);
        }
        (state.calls.len() - 1, luck)
    }

    async fn call(self: &Arc<Self>, ask: Ask) -> Answer {
        self.stage.enter().await;
        let (index, luck) = self.record(&ask);
        let message = self.stage.send(self.reader, self.lane, ask.label());
        let (sender, receiver) = oneshot::channel();
        tokio::spawn(self.clone().carry(index, luck, ask, message, sender));
        receiver.await.expect("the wire keeps the sender until it has an answer")
    }

    /// Takes a call to the store, and its answer back.
    async fn carry(
        self: Arc<Self>,
        index: usize,
        luck: Luck,
        ask: Ask,
        message: MessageId,
        reply: oneshot::Sender<Answer>,
    ) {
        let [there, back] = [luck.there_ms, luck.back_ms].map(|more_ms| Duration::from_millis(ONE_WAY_MS + more_ms));
        sleep_unheard(there, there + back).await;
        self.stage.receive(self.lane, message);
        self.state().calls[index].served_ms = Some(self.stage.now_ms());
        let answer = self.serve(&ask, &luck);
        let message = self.stage.send(self.lane, self.reader, told(&ask, &answer));
        sleep(back).await;
        if reply.is_closed() {
            self.stage.lost(self.lane, message, "nobody waits for it");
            return;
        }
        self.stage.receive(self.reader, message);
        self.stage.count(evidence::ANSWERED);
        self.state().calls[index].answered = Some((self.stage.now_ms(), answer.clone()));
        // It was open a moment ago, and nobody ran in between.
        let _ = reply.send(answer);
    }

    /// What the store does with a call.
    fn serve(&self, ask: &Ask, luck: &Luck) -> Answer {
        let now_ms = self.stage.now_ms();
        let down =
            |entry: &Entry| matches!(entry, Entry::Down { from_ms, to_ms } if (*from_ms..*to_ms).contains(&now_ms));
        if self.plan.entries.iter().any(down) {
            return Err(StoreError::Unavailable);
        }
        match ask {
            Ask::Fetch(keys) => {
                let most = self.plan.setup.policy.max_batch;
                if keys.len() > most {
                    let count = |len: usize| u32::try_from(len).unwrap_or(u32::MAX);
                    return Err(StoreError::TooManyKeys { asked: count(keys.len()), most: count(most) });
                }
                Ok(keys.iter().map(|key| (*key, self.look_up(*key, now_ms))).collect())
            }
            Ask::Put(key, value) => {
                self.apply(*key, value.clone());
                if luck.unsure { Err(StoreError::Unavailable) } else { Ok(Answers::new()) }
            }
        }
    }

    fn look_up(&self, key: Key, now_ms: u64) -> Result<Option<Value>, StoreError> {
        let damaged = |entry: &Entry| {
            matches!(entry, Entry::Damaged { key: whose, from_ms, to_ms }
                if Key(*whose) == key && (*from_ms..*to_ms).contains(&now_ms))
        };
        if self.plan.entries.iter().any(damaged) {
            return Err(StoreError::Damaged { key });
        }
        Ok(self.state().history.latest(key))
    }
}

/// An answer as a message shows it.
fn told(ask: &Ask, answer: &Answer) -> String {
    match (ask, answer) {
        (_, Err(error)) => error.to_string(),
        (Ask::Put(key, _), Ok(_)) => format!("{key} is written"),
        (Ask::Fetch(_), Ok(answers)) => few(answers.iter().map(|(key, answer)| match answer {
            Ok(value) => format!("{key} = {}", shown(value)),
            Err(_) => format!("{key} is damaged"),
        })),
    }
}

/// What the plan has in store for one call.
#[derive(Clone, Copy, Debug, Default)]
struct Luck {
    there_ms: u64,
    back_ms: u64,
    unsure: bool,
}

impl Luck {
    /// Adds what is planned for the call of this kind and number for a key. The slowest key sets the pace.
    fn add(&mut self, entries: &[Entry], op: Op, key: Key, count: u32) {
        for entry in entries {
            match *entry {
                Entry::Slow { op: which, key: whose, nth, there_ms, back_ms }
                    if (which, Key(whose), nth) == (op, key, count) =>
                {
                    self.there_ms = self.there_ms.max(there_ms);
                    self.back_ms = self.back_ms.max(back_ms);
                }
                Entry::Unsure { key: whose, nth } if op == Op::Write && (Key(whose), nth) == (key, count) => {
                    self.unsure = true;
                }
                _ => {}
            }
        }
    }
}

/// The reader's end of the wire.
pub struct Link(pub Arc<Remote>);

#[async_trait]
impl Store for Link {
    async fn get(&self, key: Key) -> Result<Option<Value>, StoreError> {
        let mut answers = self.0.call(Ask::Fetch(vec![key])).await?;
        answers.remove(&key).expect("the store answers for every key")
    }

    async fn multi_get(&self, keys: Vec<Key>) -> Result<Answers, StoreError> {
        self.0.call(Ask::Fetch(keys)).await
    }

    async fn put(&self, key: Key, value: Value) -> Result<(), StoreError> {
        self.0.call(Ask::Put(key, value)).await.map(|_| ())
    }
}
