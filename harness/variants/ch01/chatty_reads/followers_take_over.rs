//! No tasks at all: of the callers that wait for a batch, one leads. It waits for the window, sends, and hands out the
//! answers; if it goes away, the next one takes over from the start. The exact order of use is kept beside the cache, so
//! that evicting takes no scan.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ch01::chatty_reads::{Answers, Key, Policy, Reader, Store, StoreError, Value};
use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// See above.
pub struct CachingReader {
    store: Arc<dyn Store>,
    policy: Policy,
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    cache: Recent,
    open: Option<Arc<Batch>>,
    /// The batch that a read of the key may join.
    joinable: BTreeMap<Key, Arc<Batch>>,
}

struct Batch {
    due: Instant,
    state: Mutex<BatchState>,
    changed: Notify,
}

#[derive(Default)]
struct BatchState {
    keys: Vec<Key>,
    closed: bool,
    led: bool,
    answers: Option<Result<Answers, StoreError>>,
}

#[async_trait]
impl Reader for CachingReader {
    fn new(store: Arc<dyn Store>, policy: Policy) -> Self {
        CachingReader { store, policy, inner: Mutex::default() }
    }

    async fn read(&self, key: Key) -> Result<Option<Value>, StoreError> {
        let batch = {
            let mut inner = self.inner.lock().unwrap();
            if let Some(value) = inner.cache.get(key) {
                return Ok(value);
            }
            inner.joinable.get(&key).cloned().unwrap_or_else(|| self.place(&mut inner, key))
        };
        loop {
            let changed = batch.changed.notified();
            let leads = {
                let mut state = batch.state.lock().unwrap();
                if let Some(answers) = &state.answers {
                    return answers.as_ref().map_err(Clone::clone).and_then(|answers| answers[&key].clone());
                }
                !std::mem::replace(&mut state.led, true)
            };
            if leads {
                self.lead(&batch).await;
            } else {
                changed.await;
            }
        }
    }

    async fn write(&self, key: Key, value: Value) -> Result<(), StoreError> {
        let result = self.store.put(key, value).await;
        let mut inner = self.inner.lock().unwrap();
        inner.cache.remove(key);
        inner.joinable.remove(&key);
        result
    }
}

/// Gives the lead away, whatever way it ends.
struct Lead<'a>(&'a Batch);

impl Drop for Lead<'_> {
    fn drop(&mut self) {
        self.0.state.lock().unwrap().led = false;
        self.0.changed.notify_waiters();
    }
}

impl CachingReader {
    /// Takes a place in the open batch, or opens one.
    fn place(&self, inner: &mut Inner, key: Key) -> Arc<Batch> {
        let due = Instant::now() + Duration::from_millis(self.policy.window_ms);
        let new = || Arc::new(Batch { due, state: Mutex::default(), changed: Notify::new() });
        let batch = inner.open.get_or_insert_with(new).clone();
        let mut state = batch.state.lock().unwrap();
        if !state.keys.contains(&key) {
            state.keys.push(key);
        }
        if state.keys.len() == self.policy.max_batch {
            state.closed = true;
            inner.open = None;
            batch.changed.notify_waiters();
        }
        drop(state);
        inner.joinable.insert(key, batch.clone());
        batch
    }

    async fn lead(&self, batch: &Arc<Batch>) {
        let _lead = Lead(batch);
        loop {
            let changed = batch.changed.notified();
            if batch.state.lock().unwrap().closed || timeout_at(batch.due, changed).await.is_err() {
                break;
            }
        }
        let keys = {
            let mut inner = self.inner.lock().unwrap();
            inner.open.take_if(|open| Arc::ptr_eq(open, batch));
            let mut state = batch.state.lock().unwrap();
            state.closed = true;
            state.keys.clone()
        };
        let answers = self.store.multi_get(keys.clone()).await;
        let mut inner = self.inner.lock().unwrap();
        for key in keys {
            if inner.joinable.get(&key).is_some_and(|current| Arc::ptr_eq(current, batch)) {
                inner.joinable.remove(&key);
                if let Some(Ok(value)) = answers.as_ref().ok().map(|answers| &answers[&key]) {
                    inner.cache.keep(key, value.clone(), &self.policy);
                }
            }
        }
        batch.state.lock().unwrap().answers = Some(answers);
    }
}

/// Answers by key, and keys by the time of their last use.
#[derive(Default)]
struct Recent {
    values: BTreeMap<Key, (Option<Value>, Instant, u64)>,
    order: BTreeMap<u64, Key>,
    clock: u64,
}

impl Recent {
    fn get(&mut self, key: Key) -> Option<Option<Value>> {
        let (value, expires, _) = self.values.get(&key)?.clone();
        self.remove(key);
        if Instant::now() > expires {
            return None;
        }
        self.put(key, value.clone(), expires);
        Some(value)
    }

    fn keep(&mut self, key: Key, value: Option<Value>, policy: &Policy) {
        self.remove(key);
        if self.values.len() >= policy.capacity {
            let (_, oldest) = self.order.pop_first().expect("what is kept is in order");
            self.values.remove(&oldest);
        }
        self.put(key, value, Instant::now() + Duration::from_millis(policy.ttl_ms));
    }

    fn put(&mut self, key: Key, value: Option<Value>, expires: Instant) {
        self.clock += 1;
        self.order.insert(self.clock, key);
        self.values.insert(key, (value, expires, self.clock));
    }

    fn remove(&mut self, key: Key) {
        if let Some((_, _, used)) = self.values.remove(&key) {
            self.order.remove(&used);
        }
    }
}
