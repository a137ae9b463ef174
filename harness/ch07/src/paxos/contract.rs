//! What you implement and what you are asked.

use std::fmt;

use harness::{NodeId, Process};
use serde::{Deserialize, Serialize};
use sim::Protocol;

/// The longest time that a message takes on a calm network, in milliseconds.
pub const MESSAGE_MS: u64 = 25;

/// How soon there is a decision once nothing goes wrong any more, in milliseconds.
pub const DECISION_MS: u64 = 5_000;

// ANCHOR: paxos
/// What there is to decide. No two requests ask for the same one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Value(pub u32);

/// A client asks a node to have this value decided. It is content with any other decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Propose(pub Value);

/// A node tells its clients what was decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Decided(pub Value);

/// A node of a cluster that decides on one value, once and for all (Lamport 1998; 2001, §2). Every node is proposer,
/// acceptor and learner at once.
///
/// It promises, whatever the network does and whoever crashes, at whatever moment:
///
/// - **Agreement.** All [`Decided`] of all nodes name the same value, those of one node before and after a crash
///   included. A node may tell its decision as often as it likes.
/// - **Validity.** That value is one that some node was asked to [`Propose`] before.
/// - **No decision without a majority.** A majority is more than half of all nodes: 2 of 3, 3 of 4, 3 of 5. A node that
///   has, since the beginning, been cut off with so few others that together they are none decides nothing.
///
/// *Calm* is when every message that is sent takes at most 25 ms and arrives once, nobody crashes, and a majority is up; the
/// others may be down for ever. Messages from before may still come in. Then there is progress:
///
/// - **A request is answered.** A node that was asked to [`Propose`], and has not crashed since, tells [`Decided`] within
///   5,000 ms of the request or of the beginning of the calm, whichever is later. That holds for a node that has decided
///   long ago, too, and it holds however many nodes are asked at once.
/// - **Everybody learns.** Within 5,000 ms of a request that is made in the calm, to any node, every node that is up has
///   told [`Decided`], in this life or an earlier one.
///
/// A node that crashes may forget what it was asked for, and that it has decided, but no more than agreement allows. If
/// it remembers a decision that it may not have told, it has to tell it.
/// Clocks are right. What a message looks like, which timers there are and what is written to the disk are yours.
pub trait Paxos: Process<Config = (), Input = Propose, Output = Decided> {}
// ANCHOR_END: paxos

/// The types of this contract.
pub struct Deciding;

impl Protocol for Deciding {
    type Config = ();
    type Input = Propose;
    type Output = Decided;
    type View = ();
    type Wire = ();
}

sim::plain!(Propose, Decided);

impl fmt::Debug for Value {
    /// Just the number: it stands in many messages of a diagram.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "value {}", self.0)
    }
}

impl fmt::Display for Propose {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "is asked to propose {}", self.0)
    }
}

impl fmt::Display for Decided {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "has decided {}", self.0)
    }
}

/// A decision that somebody has told.
pub(super) fn told(node: NodeId, value: Value, at_ms: u64) -> String {
    format!("{node}: {value} at {at_ms} ms")
}
