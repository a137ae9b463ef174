//! A slot for every key that is known or asked for, with a number that every write advances: an answer is kept only if
//! the number has not moved since it was asked for. A write that met no other write of its key leaves its value behind.
//! Batches are made by handing out places: who takes the first one sets the timer, who takes the last one sends. New
//! answers are on probation, and protected once they are read again (segmented LRU).

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ch01::chatty_reads::{Key, Policy, Reader, Store, StoreError, Value};
use tokio::sync::{Notify, broadcast};
use tokio::time::{Instant, timeout};

type Answer = Result<Option<Value>, StoreError>;

/// See above.
#[derive(Clone)]
pub struct CachingReader {
    store: Arc<dyn Store>,
    policy: Policy,
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    slots: BTreeMap<Key, Slot>,
    cache: Segmented,
    open: Option<Open>,
}

#[derive(Default)]
struct Slot {
    /// Advanced when a write begins and when it ends.
    writes: u64,
    writing: u64,
    fetch: Option<(u64, broadcast::Sender<Answer>)>,
}

struct Open {
    keys: Vec<(Key, u64, broadcast::Sender<Answer>)>,
    full: Arc<Notify>,
}

#[async_trait]
impl Reader for CachingReader {
    fn new(store: Arc<dyn Store>, policy: Policy) -> Self {
        let inner =
            Inner { cache: Segmented { capacity: policy.capacity, ..Segmented::default() }, ..Inner::default() };
        CachingReader { store, policy, inner: Arc::new(Mutex::new(inner)) }
    }

    async fn read(&self, key: Key) -> Answer {
        let answer = {
            let mut inner = self.inner.lock().unwrap();
            if let Some(value) = inner.cache.get(key) {
                return Ok(value);
            }
            let slot = inner.slots.entry(key).or_default();
            match &slot.fetch {
                Some((writes, answer)) if *writes == slot.writes => answer.subscribe(),
                _ => {
                    let (sender, receiver) = broadcast::channel(1);
                    let writes = slot.writes;
                    slot.fetch = Some((writes, sender.clone()));
                    self.take_place(&mut inner, (key, writes, sender));
                    receiver
                }
            }
        };
        let mut answer = answer;
        answer.recv().await.expect("every place in a batch is answered")
    }

    async fn write(&self, key: Key, value: Value) -> Result<(), StoreError> {
        // In a task of its own: a caller that goes away must not leave the count of writes behind.
        tokio::spawn(self.clone().put(key, value)).await.expect("a put neither panics nor is aborted")
    }
}

impl CachingReader {
    async fn put(self, key: Key, value: Value) -> Result<(), StoreError> {
        let alone = {
            let mut inner = self.inner.lock().unwrap();
            let slot = inner.slots.entry(key).or_default();
            slot.writes += 1;
            slot.writing += 1;
            slot.writes
        };
        let result = self.store.put(key, value.clone()).await;
        let mut inner = self.inner.lock().unwrap();
        let slot = inner.slots.entry(key).or_default();
        let undisturbed = slot.writes == alone && slot.writing == 1;
        slot.writes += 1;
        slot.writing -= 1;
        inner.cache.remove(key);
        if result.is_ok() && undisturbed {
            inner.cache.keep(key, Some(value), self.policy.ttl_ms);
        }
        result
    }

    fn take_place(&self, inner: &mut Inner, place: (Key, u64, broadcast::Sender<Answer>)) {
        if let Some(open) = &mut inner.open {
            open.keys.push(place);
            if open.keys.len() == self.policy.max_batch {
                open.full.notify_one();
                let full = inner.open.take().expect("it is open").keys;
                tokio::spawn(self.clone().send(full));
            }
            return;
        }
        if self.policy.max_batch == 1 {
            tokio::spawn(self.clone().send(vec![place]));
            return;
        }
        let full = Arc::new(Notify::new());
        inner.open = Some(Open { keys: vec![place], full: full.clone() });
        let this = self.clone();
        tokio::spawn(async move {
            let window = Duration::from_millis(this.policy.window_ms);
            if timeout(window, full.notified()).await.is_ok() {
                return;
            }
            let left = {
                let mut inner = this.inner.lock().unwrap();
                inner.open.take_if(|open| Arc::ptr_eq(&open.full, &full))
            };
            if let Some(open) = left {
                this.send(open.keys).await;
            }
        });
    }

    async fn send(self, places: Vec<(Key, u64, broadcast::Sender<Answer>)>) {
        let answers = self.store.multi_get(places.iter().map(|(key, ..)| *key).collect()).await;
        let mut inner = self.inner.lock().unwrap();
        for (key, writes, readers) in places {
            let answer = match &answers {
                Ok(answers) => answers[&key].clone(),
                Err(error) => Err(error.clone()),
            };
            let slot = inner.slots.entry(key).or_default();
            if slot.fetch.as_ref().is_some_and(|(_, current)| current.same_channel(&readers)) {
                slot.fetch = None;
            }
            if slot.writes == writes && slot.writing == 0 {
                if let Ok(value) = &answer {
                    inner.cache.keep(key, value.clone(), self.policy.ttl_ms);
                }
            }
            let _ = readers.send(answer);
        }
    }
}

/// What is on probation is evicted first.
#[derive(Default)]
struct Segmented {
    capacity: usize,
    values: BTreeMap<Key, (Option<Value>, Instant)>,
    probation: VecDeque<Key>,
    protected: VecDeque<Key>,
}

impl Segmented {
    fn get(&mut self, key: Key) -> Option<Option<Value>> {
        let (value, expires) = self.values.get(&key)?.clone();
        if Instant::now() >= expires {
            self.remove(key);
            return None;
        }
        self.probation.retain(|other| *other != key);
        self.protected.retain(|other| *other != key);
        self.protected.push_back(key);
        Some(value)
    }

    fn keep(&mut self, key: Key, value: Option<Value>, ttl_ms: u64) {
        self.remove(key);
        while self.values.len() >= self.capacity {
            let Some(victim) = self.probation.pop_front().or_else(|| self.protected.pop_front()) else { break };
            self.values.remove(&victim);
        }
        self.values.insert(key, (value, Instant::now() + Duration::from_millis(ttl_ms)));
        self.probation.push_back(key);
    }

    fn remove(&mut self, key: Key) {
        self.values.remove(&key);
        self.probation.retain(|other| *other != key);
        self.protected.retain(|other| *other != key);
    }
}
