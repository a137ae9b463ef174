//! The contract of `two_phase_commit`.
//!
//! All times are milliseconds of the simulated world. A message takes 1 to 10 ms on the calm network.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::fmt;

use harness::{NodeId, Process};
use serde::{Deserialize, Serialize};

// ANCHOR: numbers
/// A transfer whose coordinator does not crash is answered no later than this after the coordinator was asked, in
/// milliseconds, whoever else is down or cut off.
pub const ANSWER_MS: u64 = 1_000;

/// Once every node is up and every fault over, and the last answer was due, everything is settled within this, in
/// milliseconds: nobody is in doubt, every commit is applied, every log is cut.
pub const SETTLE_MS: u64 = 5_000;

/// No message is under way for longer than this, in milliseconds, and no duplicate of it either. What has not arrived by
/// then never will.
pub const MESSAGE_LIFE_MS: u64 = 2_000;

/// How many records all logs on a settled disk may have together.
pub const SETTLED_RECORDS: usize = 8;

/// How many bytes a settled disk may hold, beside [`SETTLED_BYTES_AN_ACCOUNT`].
pub const SETTLED_BYTES: usize = 512;

/// How many bytes more a settled disk may hold for every account with a balance there.
pub const SETTLED_BYTES_AN_ACCOUNT: usize = 32;
// ANCHOR_END: numbers

// ANCHOR: coordinator
/// The coordinator of a bank with several branches: sees to it that a transfer happens at all the branches that it
/// concerns, or at none.
///
/// It runs on `n1`. Clients ask it for transfers, several at a time; it answers each of them.
///
/// # What is promised
///
/// - A transfer is committed only if every branch that it concerns has voted yes. One refusal aborts it, and so does a vote
///   that doesn't come.
/// - It does commit if no branch refuses, nobody crashes and no message is lost, late or doubled meanwhile.
/// - An answer is given once, no later than [`ANSWER_MS`] after the request, and is true for good: `Committed` if the
///   transfer is or will be applied at all of its branches, `Aborted` if it never will be at any.
/// - A crash of the coordinator cuts its clients off. What they had asked for is *not* answered after the restart; it is
///   committed or aborted everywhere all the same. With a new connection a client's [references](Transfer::reference)
///   begin at 1 again.
/// - None of this depends on when, where or how often anybody crashes. Messages may be lost, late, doubled and out of order;
///   none is under way for longer than [`MESSAGE_LIFE_MS`].
pub trait CommitCoordinator: Process<Config = (), Input = Transfer, Output = Answer> {}
// ANCHOR_END: coordinator

// ANCHOR: participant
/// A branch: keeps accounts, and applies its part of a transfer if and only if the transfer is committed.
///
/// # What is promised
///
/// - A branch refuses what concerns one of its [frozen](Branch::frozen) accounts, and nothing else.
/// - Having voted yes, it is in doubt until it hears how the transfer was decided, through every crash of its own. It never
///   decides alone: while nobody who is up knows the outcome, it waits, however long that takes.
/// - Its part of a committed transfer is added to the account's balance exactly once, and stays there.
/// - A record of a log that a crash has torn costs no other record.
/// - [`SETTLE_MS`] after the last fault and the last answer, nobody is in doubt any more, and what [`Disk`](harness::Disk)
///   holds at any node (coordinator or branch) is small again: at most [`SETTLED_RECORDS`] records in all its logs
///   together, torn ones included, and [`SETTLED_BYTES`] + [`SETTLED_BYTES_AN_ACCOUNT`] × accounts bytes.
///   Only what is synced counts.
pub trait CommitParticipant: Process<Config = Branch, Input = Infallible, Output = Infallible> {
    /// The balance in cents of every account that a committed transfer has changed here. Accounts begin at 0, and one
    /// whose balance is 0 may be left out.
    fn balances(&self) -> BTreeMap<u32, i64>;

    /// How many transfers it has voted yes on without knowing yet how they were decided.
    fn in_doubt(&self) -> usize;
}
// ANCHOR_END: participant

// ANCHOR: types
/// What a client asks of the coordinator.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Transfer {
    /// Who asks, counted from zero.
    pub client: u16,
    /// What the client calls it: 1, 2, 3, … in the order in which it asks over one connection.
    pub reference: u32,
    /// What is to be added where: one posting for each branch concerned, at least two.
    pub postings: Vec<Posting>,
}

/// A branch's part of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Posting {
    /// At which branch.
    pub branch: NodeId,
    /// To which of its accounts.
    pub account: u32,
    /// How many cents to add; a debit is negative. Balances may be negative, too.
    pub cents: i64,
}

/// What the coordinator tells a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    /// Whom.
    pub client: u16,
    /// About which of its transfers.
    pub reference: u32,
    /// What became of it.
    pub outcome: Outcome,
}

/// How a transfer was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// It happens at every branch.
    Committed,
    /// It happens nowhere.
    Aborted,
}

/// What a branch is told at boot; the same at every boot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Branch {
    /// Where the coordinator runs.
    pub coordinator: NodeId,
    /// The accounts that nothing may be added to or taken from.
    pub frozen: Vec<u32>,
}
// ANCHOR_END: types

impl fmt::Display for Transfer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "transfer {}: account {}", self.reference, self.postings[0].account)?;
        for (place, posting) in self.postings.iter().enumerate() {
            let sign = if place == 0 { "," } else { ";" };
            write!(out, "{sign} {} {:+}", posting.branch, posting.cents)?;
        }
        Ok(())
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "transfer {} {}", self.reference, self.outcome)
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Outcome::Committed => "committed",
            Outcome::Aborted => "aborted",
        })
    }
}
