//! What a play leaves behind for the promises to look at.

use std::collections::BTreeMap;
use std::fmt;

use explore::Breach;
use sim::NodeId;

use super::contract::*;

/// Evidence counted by the world.
pub mod evidence {
    pub const ANSWERED: &str = "a request is answered";
    pub const SERVER_BACK: &str = "the server comes back after a crash, having answered a request";
    pub const CLIENT_BACK: &str = "a client comes back after a crash and is asked for more";
    pub const LATE_REPEAT: &str = "a message arrives again, twenty answers or more later";
    pub const TWO_OPEN: &str = "a client has two requests open at once";
}

/// A request, as its application saw it.
#[derive(Clone, Debug)]
pub struct RequestSeen {
    pub client: NodeId,
    pub tag: u8,
    pub deposit: Deposit,
    pub asked_ms: u64,
    pub answer: Option<(u64, Receipt)>,
    /// Its client has crashed.
    pub abandoned: bool,
}

impl fmt::Display for RequestSeen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}'s {} (asked at {} ms)", self.client, self.deposit, self.asked_ms)
    }
}

/// What can be wrong about the ledger and its receipts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// More in an account than was ever asked for.
    Excess,
    /// Less in an account than was answered.
    Shortage,
    /// Two receipts that can't both be right.
    Clash,
}

/// What a play leaves behind.
#[derive(Default)]
pub struct Seen {
    pub heal_ms: u64,
    /// No message is lost, late or doubled.
    pub network_holds: bool,
    pub ended_ms: u64,
    pub requests: Vec<RequestSeen>,
    /// The first thing about the ledger and its receipts that is wrong. What comes after it may only follow from it.
    pub first: Option<(Wrong, Breach)>,
    /// Less in an account than was answered; at the end.
    pub missing: Option<Breach>,
    /// An answer that nobody waits for; the first time.
    pub stray: Option<Breach>,
    /// A disk that was too full when an answer was given; the first time.
    pub full: Option<Breach>,
    /// An account that no choice of the requests that are left explains; at the end.
    pub unexplained: Option<Breach>,
    /// Requests that waited too long; the first one.
    pub overdue: Option<Breach>,
    /// Requests that waited too long although nothing had failed; the first one.
    pub sluggish: Option<Breach>,
    /// What the ledger held last.
    pub balances: [u64; ACCOUNTS],
    pub sent: u64,
    pub evidence: BTreeMap<&'static str, u64>,
}
