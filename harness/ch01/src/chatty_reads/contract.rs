//! The contract of `chatty_reads`.
//!
//! All times are milliseconds of tokio's clock.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

// ANCHOR: reader
/// A reader in front of a store that is far away.
///
/// # What is promised
///
/// Of reads that miss the cache:
///
/// - They are gathered. The first one opens a batch; the batch leaves in one [`Store::multi_get`] when
///   [`Policy::window_ms`] have passed since then, or at once when [`Policy::max_batch`] different keys wait; the next one
///   opens another batch. So *n* reads of different keys that begin together cost at most `ceil(n / max_batch)` calls.
/// - No read waits longer than one window for its batch to leave, however many more reads follow it.
/// - A read of a key that is already waiting or on its way joins that one: the key travels once (unless a write of the
///   key has returned in between, see below).
/// - A caller that gives up (drops the future of its read) takes nothing from the others. They get their answers, at
///   most one window and one round trip later than if it had stayed.
/// - An error reaches exactly the reads whose key it is about, or all reads of the batch if the whole call failed. It is
///   passed on as it is, without another try, and is never kept: the next read asks again.
///
/// Of the cache:
///
/// - An answer is kept for [`Policy::ttl_ms`] from the moment it arrives, however often it is read. A read that begins
///   within that time returns at once and costs nothing; one that begins later asks the store again. "There is no such
///   key" is an answer like any other.
/// - At most [`Policy::capacity`] answers are kept.
/// - While there is room, nothing is evicted. When there is none, what is useful stays: a key is not evicted while the
///   cache keeps one that was read both less often and longer ago. (Least recently used and least frequently used both
///   comply.)
///
/// Of writes:
///
/// - A write is sent at once, and returns what the store answered. What was written may be kept in the cache like an
///   answer that arrived when the write returned.
/// - A read that begins after a write of its key has returned gets what was written, or something newer. It never gets a
///   value from before the write: not from the cache, not from a fetch that was under way. Writes of one key may
///   overlap, and their answers may arrive in another order than that in which the store applied them.
/// - A write that returned an error may have been applied all the same, and then the same holds for it.
#[async_trait]
pub trait Reader: Send + Sync + 'static {
    /// A reader of this store, with nothing in its cache.
    fn new(store: Arc<dyn Store>, policy: Policy) -> Self
    where
        Self: Sized;

    /// The value of a key; `None` if there is no such key.
    ///
    /// # Errors
    ///
    /// What the store said.
    async fn read(&self, key: Key) -> Result<Option<Value>, StoreError>;

    /// Sets a key. Other clients write to the store as well, and nobody tells this one.
    ///
    /// # Errors
    ///
    /// What the store said. The write may have been applied or not.
    async fn write(&self, key: Key, value: Value) -> Result<(), StoreError>;
}
// ANCHOR_END: reader

// ANCHOR: store
/// The store. A round trip takes 80 ms, and sometimes longer; calls may overtake each other, in both directions.
#[async_trait]
pub trait Store: Send + Sync {
    /// Reads one key; `None` if there is no such key.
    ///
    /// # Errors
    ///
    /// See [`StoreError`].
    async fn get(&self, key: Key) -> Result<Option<Value>, StoreError>;

    /// Reads at most [`Policy::max_batch`] keys in one round trip. There is an entry for every key asked for.
    ///
    /// # Errors
    ///
    /// Outside: the whole call failed. Inside: only this key did. See [`StoreError`].
    async fn multi_get(&self, keys: Vec<Key>) -> Result<Answers, StoreError>;

    /// Sets a key. It may be applied any time between the call and its answer; dropping this future does not undo it.
    ///
    /// # Errors
    ///
    /// See [`StoreError`]. It may have been applied all the same.
    async fn put(&self, key: Key, value: Value) -> Result<(), StoreError>;
}

/// What [`Store::multi_get`] found, key by key.
pub type Answers = BTreeMap<Key, Result<Option<Value>, StoreError>>;
// ANCHOR_END: store

/// A key of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key(pub u32);

impl fmt::Display for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// A value of the store. What is in it is none of the reader's business.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Value(pub String);

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}

/// Why the store did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StoreError {
    /// It can't be reached, or does not know what became of the call.
    Unavailable,
    /// The record of this key can't be read just now.
    Damaged {
        /// Which one.
        key: Key,
    },
    /// More keys than it takes in one call.
    TooManyKeys {
        /// How many were asked for.
        asked: u32,
        /// How many it takes.
        most: u32,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StoreError::Unavailable => write!(out, "unavailable"),
            StoreError::Damaged { key } => write!(out, "the record of key {key} is damaged"),
            StoreError::TooManyKeys { asked, most } => write!(out, "{asked} keys in one call, but it takes {most}"),
        }
    }
}

impl std::error::Error for StoreError {}

// ANCHOR: policy
/// How a reader batches and caches. Every number is at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How long a batch waits for more reads, in milliseconds from its first one.
    pub window_ms: u64,
    /// How many keys one call to the store may ask for.
    pub max_batch: usize,
    /// How long an answer is kept, in milliseconds from its arrival.
    pub ttl_ms: u64,
    /// How many answers are kept.
    pub capacity: usize,
}
// ANCHOR_END: policy
