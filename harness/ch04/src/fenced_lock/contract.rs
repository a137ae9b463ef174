//! The contract of `fenced_lock`.
//!
//! All times are milliseconds. On the calm network a message takes 1 to 10 ms.

use std::convert::Infallible;
use std::fmt;

use serde::{Deserialize, Serialize};
use sim::{NodeId, Process};

// ANCHOR: service
/// The node that gives the lock away: to one client at a time, for [`Config::lease_ms`], and again when asked in time.
///
/// It is asked nothing but by messages of clients. What all three kinds of nodes promise together:
///
/// - **One holder.** At no moment do two clients take themselves for the holder ([`Client::holds_until_ms`]), each by its own
///   clock. That holds while messages are lost, doubled, delayed and reordered, while nodes stand still for longer than a
///   lease, crash and come back, the service too, and while clocks run fast or slow within [`Config::drift_ppm`]. Clocks on
///   the wall ([`clock_ms`](sim::Context::clock_ms)) may be wrong by any amount and jump;
///   [`elapsed_ms`](sim::Context::elapsed_ms) does not.
/// - **Tokens grow.** Each [`Answer::Acquired`] brings a greater token than all before it, of any client, also across
///   crashes of the service and of clients, and whatever the clocks on the wall show.
/// - **The fence.** What the storage takes, it takes in the order of the tokens: once a write of one acquisition was taken,
///   none of an earlier acquisition is. See [`Storage`].
/// - **A living holder keeps the lock.** A client that holds the lock, has not released it, and runs and is connected keeps
///   it for as long as it likes, well beyond a lease; late messages of others or of its own take it from nobody.
/// - **The lock is free again.** When a client waits and nobody has held the lock for `2 * lease_ms + 1000`, in which
///   nothing failed, the client has it by then. After a [`Request::Release`] a client that waits has the lock within
///   [`HANDOVER_MS`], if nothing fails but that messages are up to 80 ms late.
pub trait LockService: Process<Config = Config, Input = Infallible, Output = Infallible> {}
// ANCHOR_END: service

// ANCHOR: client
/// A node that wants the lock, now and then, to write to the storage.
///
/// It promises, beside what the [`LockService`] says:
///
/// - A [`Request::Acquire`] is answered by [`Answer::Acquired`], when the client has the lock; not before. It never asks for
///   the lock again by itself.
/// - When its lease is over, by its own clock, it no longer takes itself for the holder; and within [`NOTICE_MS`] on that clock
///   (or as soon as it goes on, if it stood still) it answers [`Answer::Lost`], once. There is no such answer after a release.
/// - A [`Request::Write`] that comes when it is not the holder, by its own clock, is answered [`Answer::Failed`] and never
///   sent.
/// - Each [`Request::Write`] has one answer. If it holds the lock and nothing fails, that is [`Answer::Written`] within
///   [`WRITE_MS`]. Otherwise it may be [`Answer::Failed`], at the latest when the client says that it is no longer the holder
///   (within [`NOTICE_MS`] of the end of its lease); then the write was taken or not.
/// - A write belongs to the acquisition under which it was asked for: it is never taken with the token of a later one.
pub trait Client: Process<Config = Config, Input = Request, Output = Answer> {
    /// From when on it no longer takes itself for the holder, on the clock of [`sim::Context::elapsed_ms`]; nothing if it
    /// does not now.
    fn holds_until_ms(&self) -> Option<u64>;
}
// ANCHOR_END: client

// ANCHOR: storage
/// A node with one value that clients overwrite.
///
/// Clients write by messages. Others write by [inputs](Process::Input), which say what a client's messages have to say, and
/// are answered by an output within [`STORAGE_MS`]. Of both it promises:
///
/// - A write with a smaller token than one that was taken before is refused.
/// - So is one with an equal token, if it is of another holder.
/// - All others are taken. The same holder may write with the same token as often as it likes; nobody asks in which order
///   its messages came.
/// - What it has answered it remembers after a crash.
pub trait Storage: Process<Config = Config, Input = Write, Output = Verdict> {
    /// What was taken last.
    fn value(&self) -> Option<u64>;
}
// ANCHOR_END: storage

/// Within this time of a release the lock goes to a client that waits, in milliseconds.
pub const HANDOVER_MS: u64 = 500;

/// Within this time a client says that it has lost the lock, in milliseconds of its clock.
pub const NOTICE_MS: u64 = 200;

/// Within this time a write of the holder is taken, in milliseconds.
pub const WRITE_MS: u64 = 1_000;

/// Within this time the storage answers, in milliseconds.
pub const STORAGE_MS: u64 = 20;

// ANCHOR: types
/// What all nodes are told at boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Config {
    /// The lock service.
    pub service: NodeId,
    /// The storage. All other nodes are clients.
    pub storage: NodeId,
    /// For how long the lock is given away, in milliseconds; at least 1,000.
    pub lease_ms: u64,
    /// Clocks gain or lose at most so many millionths: a node may measure anything between `t * (1 - drift)` and
    /// `t * (1 + drift)` in a time `t`. At most 100,000.
    pub drift_ppm: u64,
}

/// Numbers acquisitions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Token(pub u64);

/// What a client is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Request {
    /// Get the lock. It is neither held nor asked for then.
    Acquire,
    /// Write to the storage, as the holder. Values are never asked for twice.
    Write(u64),
    /// Give the lock back. Writes are answered by then. If the client is not the holder any more, nothing happens.
    Release,
}

/// What a client answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Answer {
    /// It has the lock now.
    Acquired(Token),
    /// It does not have the lock any more, and has not released it.
    Lost,
    /// The storage has taken this value.
    Written(u64),
    /// It is not known that the storage has taken this value.
    Failed(u64),
}

/// What somebody else asks of the storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Write {
    /// The client for whom.
    pub holder: NodeId,
    /// Its token.
    pub token: Token,
    /// What to write.
    pub value: u64,
}

/// What the storage answers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Verdict {
    /// This value was taken.
    Taken(u64),
    /// This value was refused.
    Refused(u64),
}
// ANCHOR_END: types

impl fmt::Display for Token {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "token {}", self.0)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Acquire => out.write_str("asked for the lock"),
            Request::Write(value) => write!(out, "asked to write {value}"),
            Request::Release => out.write_str("asked to release the lock"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Acquired(token) => write!(out, "has the lock, {token}"),
            Answer::Lost => out.write_str("has lost the lock"),
            Answer::Written(value) => write!(out, "{value} is written"),
            Answer::Failed(value) => write!(out, "{value} failed"),
        }
    }
}

impl fmt::Display for Write {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "write {} for {} with {}", self.value, self.holder, self.token)
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Taken(value) => write!(out, "{value} is taken"),
            Verdict::Refused(value) => write!(out, "{value} is refused"),
        }
    }
}
