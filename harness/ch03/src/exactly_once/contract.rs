//! The contract of `exactly_once`.
//!
//! All times are milliseconds of virtual time. On the calm network a message takes 1 to 10 ms.

use std::convert::Infallible;
use std::fmt;

use serde::{Deserialize, Serialize};
use sim::{NodeId, Process};

// ANCHOR: roles
/// The node that keeps the ledger.
///
/// It is asked nothing but by messages of clients. Messages are lost, come several times, late, and in another order;
/// server and clients crash at any moment and come back with what they had synced. Clocks on the wall
/// ([`clock_ms`](sim::Context::clock_ms)) may be wrong by any amount, stand still and jump.
///
/// # What server and clients promise together
///
/// - A deposit that a client was asked for takes effect at most once, however often messages of it are sent, repeated or
///   delayed. That holds for a message that comes [`LATEST_MS`] and hundreds of deposits late, and whatever the server
///   forgot in a crash.
/// - Two requests are two deposits, even if they look the same: of one client, of two clients, and of one client before and
///   after it crashed.
/// - An answer is the receipt of the request's own deposit, made when it took effect: the balance that it left.
/// - A deposit that was answered is in the ledger, also after every later crash of the server.
/// - A request is answered once: each [`Request`] has at most one [`Answer`].
/// - From the moment on when nothing fails any more, every request is answered within [`PATIENCE_MS`] of it or of its own
///   beginning, whichever is later. An outage before that moment may last for 20,000 ms.
/// - In calm weather (nothing fails, and messages take no longer than 10 ms) every request is answered within [`PROMPT_MS`],
///   and at most [`MESSAGES_PER_REQUEST`] messages are sent for each request, and [`MESSAGES_PER_CLIENT`] more for each client.
/// - What a node has synced to its disk comes to at most [`DISK_BYTES`] whenever an answer is given, however many
///   requests there were and however often a client came back. That is for four clients at most.
///
/// A crash of a client takes with it whoever asked: requests that were open then are never answered, and take effect once
/// or not at all.
pub trait CommandServer: Process<Config = Config, Input = Infallible, Output = Infallible> {
    /// What is in an account, as far as the server knows now. Whatever took effect has an effect here.
    fn balance(&self, account: Account) -> u64;
}

/// A node that is asked for deposits, has them made by the server, and answers with the receipts.
///
/// It sends the same [messages](Process::Message) as the server: its implementation says
/// `type Message = <Server as Process>::Message`, or names the type.
///
/// See [`CommandServer`] for what is promised.
pub trait CommandClient: Process<Config = Config, Input = Request, Output = Answer> {}
// ANCHOR_END: roles

/// Within this time a request is answered when nothing fails any more, in milliseconds.
pub const PATIENCE_MS: u64 = 2_000;

/// A message may be late by so much, in milliseconds.
pub const LATEST_MS: u64 = 60_000;

/// Within this time a request is answered in calm weather, in milliseconds.
pub const PROMPT_MS: u64 = 300;

/// At most so many messages are sent for a request in calm weather.
pub const MESSAGES_PER_REQUEST: u64 = 4;

/// At most so many messages more are sent for each client in calm weather.
pub const MESSAGES_PER_CLIENT: u64 = 8;

/// At most so much is on a node's disk, in bytes.
pub const DISK_BYTES: usize = 1_024;

/// How many accounts there are.
pub const ACCOUNTS: usize = 2;

// ANCHOR: types
/// What server and clients are told at boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Config {
    /// The server. All other nodes are clients.
    pub server: NodeId,
    /// A client has at most so many requests open at once, at most four. More than that: it is asked for its request number
    /// `k + window` (counted since its boot) only when its request number `k` is answered.
    pub window: u32,
}

/// What a client is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Request {
    /// Tells the open requests of a client apart: less than [`Config::window`]. As soon as a request is answered, another
    /// may have its tag.
    pub tag: u8,
    /// What is to be done.
    pub deposit: Deposit,
}

/// What a client answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    /// Of the request.
    pub tag: u8,
    /// What its deposit did.
    pub receipt: Receipt,
}

/// A command: money is added to an account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Deposit {
    /// Where to.
    pub account: Account,
    /// How much, at least 1.
    pub amount: u64,
}

/// What a command did.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Receipt {
    /// What was in the account right after the deposit.
    pub balance: u64,
}

/// An account, by its number from 1 to [`ACCOUNTS`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Account(pub u8);

/// All accounts, for whoever serves them: a state machine that knows nothing of networks. It does what it is told, as often
/// as it is told.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ledger {
    balances: [u64; ACCOUNTS],
}

impl Ledger {
    /// Makes a deposit.
    ///
    /// # Panics
    ///
    /// If there is no such account.
    #[track_caller]
    pub fn apply(&mut self, deposit: Deposit) -> Receipt {
        let balance = &mut self.balances[deposit.account.index()];
        *balance += deposit.amount;
        Receipt { balance: *balance }
    }

    /// What is in an account; nothing at first.
    ///
    /// # Panics
    ///
    /// If there is no such account.
    #[track_caller]
    pub fn balance(&self, account: Account) -> u64 {
        self.balances[account.index()]
    }
}
// ANCHOR_END: types

impl Account {
    /// All accounts, in order.
    pub fn all() -> [Account; ACCOUNTS] {
        std::array::from_fn(|index| Account(index as u8 + 1))
    }

    /// Its place among all.
    #[track_caller]
    pub(super) fn index(self) -> usize {
        let index = usize::from(self.0).wrapping_sub(1);
        assert!(index < ACCOUNTS, "there is no account {}: they are numbered from 1 to {ACCOUNTS}", self.0);
        index
    }
}

impl fmt::Display for Account {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "account {}", self.0)
    }
}

impl fmt::Display for Deposit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "+{} to {}", self.amount, self.account)
    }
}

/// Short, for it is read in diagrams, inside of messages.
impl fmt::Debug for Deposit {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "balance {}", self.balance)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "asked (tag {}): {}", self.tag, self.deposit)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "answers (tag {}): balance {}", self.tag, self.receipt.balance)
    }
}
