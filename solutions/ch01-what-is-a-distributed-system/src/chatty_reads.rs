//! Latency is zero.
//!
//! Contract: `ch01::chatty_reads`. Lesson: `cargo xtask lesson chatty_reads`.

// learner: begin
use std::collections::BTreeMap;
// learner: end
use std::sync::Arc;
// learner: begin
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;
// learner: end

use async_trait::async_trait;
use ch01::chatty_reads::{Key, Policy, Reader, Store, StoreError, Value};
// learner: begin
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
// learner: end

/// A reader that counts its round trips.
pub struct CachingReader {
    // learner: begin
    // learner: | // What is known, what is on its way, what waits to leave?
    shared: Arc<Shared>,
    // learner: end
}

#[async_trait]
impl Reader for CachingReader {
    fn new(store: Arc<dyn Store>, policy: Policy) -> Self {
        // learner: begin
        // learner: | let _ = (store, policy);
        // learner: | todo!("keep what reads and writes will share")
        CachingReader { shared: Arc::new(Shared { store, policy, state: Mutex::default() }) }
        // learner: end
    }

    async fn read(&self, key: Key) -> Result<Option<Value>, StoreError> {
        // learner: begin
        // learner: | let _ = key;
        // learner: | todo!("is the answer known? is it on its way? if not, which batch takes the key along?")
        let mut answer = match self.shared.look_up(key) {
            Known::Cached(value) => return Ok(value),
            Known::Soon(answer) => answer,
        };
        let answer = answer.wait_for(Option::is_some).await.expect("a fetch answers before it goes away");
        answer.clone().expect("that is what was waited for")
        // learner: end
    }

    async fn write(&self, key: Key, value: Value) -> Result<(), StoreError> {
        // learner: begin
        // learner: | let _ = (key, value);
        // learner: | todo!("put it, and think of every older value that could still be served")
        let result = self.shared.store.put(key, value).await;
        // Also after an error, for the write may have been applied.
        self.shared.forget(key);
        result
        // learner: end
    }
}

// learner: begin
type Answer = Result<Option<Value>, StoreError>;

/// What reads, writes and the tasks that fetch have in common.
struct Shared {
    store: Arc<dyn Store>,
    policy: Policy,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    cache: Cache,
    /// The fetch that a read may join, by key: one that waits for its batch to leave, or is on its way.
    fetches: BTreeMap<Key, Fetch>,
    /// What leaves together.
    batch: Vec<Fetch>,
    /// How many batches have left; tells a timer whether the batch it was set for is still there.
    batches_left: u64,
}

/// One key on its way. Whoever waits for it holds a receiver, so a caller that goes away leaves nothing undone.
#[derive(Clone)]
struct Fetch {
    key: Key,
    answer: watch::Sender<Option<Answer>>,
}

enum Known {
    Cached(Option<Value>),
    Soon(watch::Receiver<Option<Answer>>),
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What there is about a key, or will be.
    fn look_up(self: &Arc<Self>, key: Key) -> Known {
        let mut state = self.state();
        if let Some(value) = state.cache.get(key, &self.policy) {
            return Known::Cached(value);
        }
        if let Some(fetch) = state.fetches.get(&key) {
            return Known::Soon(fetch.answer.subscribe());
        }
        let fetch = Fetch { key, answer: watch::Sender::new(None) };
        let answer = fetch.answer.subscribe();
        state.fetches.insert(key, fetch.clone());
        state.batch.push(fetch);
        if state.batch.len() == self.policy.max_batch {
            self.leave(&mut state);
        } else if state.batch.len() == 1 {
            tokio::spawn(self.clone().leave_after_window(state.batches_left));
        }
        Known::Soon(answer)
    }

    /// The window counts from the first read of a batch; a batch that filled up has left before.
    async fn leave_after_window(self: Arc<Self>, batches_left: u64) {
        sleep(Duration::from_millis(self.policy.window_ms)).await;
        let mut state = self.state();
        if state.batches_left == batches_left {
            self.leave(&mut state);
        }
    }

    fn leave(self: &Arc<Self>, state: &mut State) {
        let batch = std::mem::take(&mut state.batch);
        state.batches_left += 1;
        tokio::spawn(self.clone().fetch(batch));
    }

    /// One round trip. It runs in a task of its own, so that it belongs to none of the callers.
    async fn fetch(self: Arc<Self>, batch: Vec<Fetch>) {
        let keys = batch.iter().map(|fetch| fetch.key).collect();
        let answers = self.store.multi_get(keys).await;
        let mut state = self.state();
        for fetch in batch {
            let answer = answers.as_ref().map_err(Clone::clone).and_then(|answers| answers[&fetch.key].clone());
            // Unless a write has come in between: then the answer may be older than what was written, and serves only
            // those who asked before.
            if state.fetches.get(&fetch.key).is_some_and(|current| current.answer.same_channel(&fetch.answer)) {
                state.fetches.remove(&fetch.key);
                if let Ok(value) = &answer {
                    state.cache.insert(fetch.key, value.clone(), &self.policy);
                }
            }
            fetch.answer.send_replace(Some(answer));
        }
    }

    /// Whatever was known or asked about a key before now serves nobody who asks later.
    fn forget(&self, key: Key) {
        let mut state = self.state();
        state.cache.entries.remove(&key);
        state.fetches.remove(&key);
    }
}

/// The answers that were read most recently.
#[derive(Default)]
struct Cache {
    entries: BTreeMap<Key, Entry>,
    reads: u64,
}

struct Entry {
    value: Option<Value>,
    arrived: Instant,
    /// The number of the read that used it last.
    used: u64,
}

impl Cache {
    fn get(&mut self, key: Key, policy: &Policy) -> Option<Option<Value>> {
        self.reads += 1;
        let ttl = Duration::from_millis(policy.ttl_ms);
        let entry = self.entries.get_mut(&key).filter(|entry| entry.arrived.elapsed() <= ttl)?;
        entry.used = self.reads;
        Some(entry.value.clone())
    }

    fn insert(&mut self, key: Key, value: Option<Value>, policy: &Policy) {
        self.reads += 1;
        self.entries.insert(key, Entry { value, arrived: Instant::now(), used: self.reads });
        if self.entries.len() > policy.capacity {
            // A scan is quick enough for a cache of this size; a large one keeps its entries in order of use.
            let oldest = self.entries.iter().min_by_key(|(_, entry)| entry.used).map(|(key, _)| *key);
            self.entries.remove(&oldest.expect("the cache is not empty"));
        }
    }
}
// learner: end
