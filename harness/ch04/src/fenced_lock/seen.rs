//! What a play leaves behind for the promises to look at.

use std::collections::BTreeMap;

use explore::Breach;
use sim::NodeId;

use super::contract::*;

/// Evidence counted by the world.
pub mod evidence {
    pub const ACQUIRED: &str = "a client acquires the lock";
    pub const PASSED_ON: &str = "the lock goes from one client to another";
    pub const WRITTEN: &str = "the storage takes a value";
    pub const LOST: &str = "a client loses the lock because its lease is over";
    pub const KEPT: &str = "a client holds the lock for longer than two leases";
    pub const TAKEN: &str = "the storage takes a write";
    pub const REFUSED: &str = "the storage refuses a write";
    pub const HOLDER_DIED: &str = "a client crashes while it holds the lock";
    pub const SERVICE_BACK: &str = "the service comes back after a crash while a client holds the lock";
    pub const TOO_LATE: &str = "a write is asked of a client whose lease is over";
    pub const RELEASED: &str = "a client releases the lock while another waits for it";
}

/// A write that a client was asked for.
#[derive(Clone, Debug)]
pub struct WriteSeen {
    pub client: NodeId,
    pub value: u64,
    /// Of the acquisition under which it was asked for.
    pub token: Token,
    pub asked_ms: u64,
    /// Whether the client held the lock when it heard of it.
    pub held: bool,
    pub answered: bool,
    pub taken: bool,
    /// Its client has crashed.
    pub abandoned: bool,
}

/// What can be wrong. The first of each is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wrong {
    /// Two clients take themselves for the holder.
    TwoHolders,
    /// A token that is not greater than all before.
    Token,
    /// A client that held the lock does no more, and has not released it.
    Lapse,
    /// Nobody has the lock although somebody waits.
    Idle,
    /// Nobody has the lock soon after it was released.
    Handover,
    /// What a client answers is not so, or it fails to say that it has lost the lock.
    Untrue,
    /// The storage has taken a value of an earlier acquisition after one of a later.
    Interleaved,
    /// The storage has taken a value that was asked for when the lock was not held.
    Unheld,
    /// A write of the holder is not taken.
    NotWritten,
    /// A write has no answer, and its client is not the holder any more.
    Unanswered,
    /// The storage has taken a smaller token, or refused what it should take, or not answered.
    Fence,
    /// The storage has taken an equal token of another holder.
    EqualToken,
}

/// What a play leaves behind.
#[derive(Default)]
pub struct Seen {
    pub wrongs: BTreeMap<Wrong, Breach>,
    pub evidence: BTreeMap<&'static str, u64>,
}

impl Seen {
    pub fn count(&mut self, what: &'static str) {
        *self.evidence.entry(what).or_default() += 1;
    }
}
