//! One task owns everything and nobody locks: callers send it what they want, fetches send it what they found. Evicts
//! the least frequently used.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use ch01::chatty_reads::{Answers, Key, Policy, Reader, Store, StoreError, Value};
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until};

type Answer = Result<Option<Value>, StoreError>;

enum Message {
    Read(Key, oneshot::Sender<Answer>),
    Fetched(Vec<u64>, Vec<Key>, Result<Answers, StoreError>),
    Wrote(Key, Result<(), StoreError>, oneshot::Sender<Result<(), StoreError>>),
}

/// The handle of the task.
pub struct CachingReader {
    store: Arc<dyn Store>,
    owner: mpsc::UnboundedSender<Message>,
}

#[async_trait]
impl Reader for CachingReader {
    fn new(store: Arc<dyn Store>, policy: Policy) -> Self {
        let (owner, inbox) = mpsc::unbounded_channel();
        let task = Owner {
            store: store.clone(),
            policy,
            me: owner.downgrade(),
            cache: BTreeMap::new(),
            flights: BTreeMap::new(),
            current: BTreeMap::new(),
            waiting: Vec::new(),
            opened: None,
            next: 0,
        };
        tokio::spawn(task.run(inbox));
        CachingReader { store, owner }
    }

    async fn read(&self, key: Key) -> Answer {
        let (reply, answer) = oneshot::channel();
        let _ = self.owner.send(Message::Read(key, reply));
        answer.await.expect("the owner answers")
    }

    async fn write(&self, key: Key, value: Value) -> Result<(), StoreError> {
        let result = self.store.put(key, value).await;
        let (reply, noted) = oneshot::channel();
        let _ = self.owner.send(Message::Wrote(key, result, reply));
        noted.await.expect("the owner answers")
    }
}

struct Flight {
    key: Key,
    readers: Vec<oneshot::Sender<Answer>>,
}

struct Cached {
    value: Option<Value>,
    expires: Instant,
    reads: u64,
}

struct Owner {
    store: Arc<dyn Store>,
    policy: Policy,
    me: mpsc::WeakUnboundedSender<Message>,
    cache: BTreeMap<Key, Cached>,
    flights: BTreeMap<u64, Flight>,
    /// The flight that a new reader of a key may join.
    current: BTreeMap<Key, u64>,
    waiting: Vec<u64>,
    opened: Option<Instant>,
    next: u64,
}

impl Owner {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Message>) {
        loop {
            let due = self.opened.map(|opened| opened + Duration::from_millis(self.policy.window_ms));
            tokio::select! {
                message = inbox.recv() => match message {
                    Some(message) => self.handle(message),
                    None => return,
                },
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => self.leave(),
            }
        }
    }

    fn handle(&mut self, message: Message) {
        match message {
            Message::Read(key, reply) => self.read(key, reply),
            Message::Fetched(ids, keys, answers) => {
                for (id, key) in ids.into_iter().zip(keys) {
                    let answer = match &answers {
                        Ok(answers) => answers[&key].clone(),
                        Err(error) => Err(error.clone()),
                    };
                    self.landed(id, answer);
                }
            }
            Message::Wrote(key, result, reply) => {
                self.cache.remove(&key);
                self.current.remove(&key);
                let _ = reply.send(result);
            }
        }
    }

    fn read(&mut self, key: Key, reply: oneshot::Sender<Answer>) {
        if let Some(cached) = self.cache.get_mut(&key).filter(|cached| cached.expires > Instant::now()) {
            cached.reads += 1;
            let _ = reply.send(Ok(cached.value.clone()));
            return;
        }
        if let Some(flight) = self.current.get(&key).and_then(|id| self.flights.get_mut(id)) {
            flight.readers.push(reply);
            return;
        }
        self.next += 1;
        self.flights.insert(self.next, Flight { key, readers: vec![reply] });
        self.current.insert(key, self.next);
        self.waiting.push(self.next);
        self.opened.get_or_insert_with(Instant::now);
        if self.waiting.len() >= self.policy.max_batch {
            self.leave();
        }
    }

    fn leave(&mut self) {
        self.opened = None;
        let ids = std::mem::take(&mut self.waiting);
        let keys: Vec<Key> = ids.iter().map(|id| self.flights[id].key).collect();
        let (store, me) = (self.store.clone(), self.me.clone());
        tokio::spawn(async move {
            let answers = match keys[..] {
                [key] => single(key, store.get(key).await),
                _ => store.multi_get(keys.clone()).await,
            };
            if let Some(me) = me.upgrade() {
                let _ = me.send(Message::Fetched(ids, keys, answers));
            }
        });
    }

    fn landed(&mut self, id: u64, answer: Answer) {
        let flight = self.flights.remove(&id).expect("a flight lands once");
        if self.current.get(&flight.key) == Some(&id) {
            self.current.remove(&flight.key);
            if let Ok(value) = &answer {
                self.keep(flight.key, value.clone());
            }
        }
        for reader in flight.readers {
            let _ = reader.send(answer.clone());
        }
    }

    fn keep(&mut self, key: Key, value: Option<Value>) {
        let now = Instant::now();
        self.cache.retain(|_, cached| cached.expires > now);
        if self.cache.len() >= self.policy.capacity {
            let rarest = self.cache.iter().min_by_key(|(_, cached)| cached.reads).map(|(key, _)| *key);
            rarest.and_then(|key| self.cache.remove(&key));
        }
        let expires = now + Duration::from_millis(self.policy.ttl_ms);
        self.cache.insert(key, Cached { value, expires, reads: 1 });
    }
}

/// What `get` said, as `multi_get` would have said it.
fn single(key: Key, answer: Answer) -> Result<Answers, StoreError> {
    match answer {
        Err(StoreError::Unavailable) => Err(StoreError::Unavailable),
        answer => Ok(BTreeMap::from([(key, answer)])),
    }
}
