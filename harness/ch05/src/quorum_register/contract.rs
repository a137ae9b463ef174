//! What you implement, what clients ask and what they are answered.

use std::fmt;

use harness::Process;
use serde::{Deserialize, Serialize};
use sim::Protocol;

// ANCHOR: request
/// A request's name: which client asks, and for which time. No two requests of a run have the same one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RequestId {
    /// The client's number.
    pub client: u16,
    /// Counts this client's requests, from 1.
    pub number: u32,
}

/// What a client may want of the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operation {
    /// To know what is in it.
    Read,
    /// To put this into it, in place of what was there.
    Write(u32),
}

/// What a client asks of a node. Each request is made once, of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Request {
    /// Its name.
    pub id: RequestId,
    /// What is to be done.
    pub operation: Operation,
}

/// What came of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Of a read: what is in the register; `None` as long as nothing was written.
    Value(Option<u32>),
    /// Of a write: it has taken effect.
    Written,
}

/// What a node answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Answer {
    /// The request that this answers.
    pub id: RequestId,
    /// What came of it.
    pub outcome: Outcome,
}
// ANCHOR_END: request

/// How soon a node that can work with a majority answers, in milliseconds.
pub const PROMPT_MS: u64 = 2_000;

/// Messages that one request may cost, for each node but the one that was asked.
pub const MESSAGES_PER_REQUEST: u64 = 8;

/// Further messages for each second that a request waits for its answer, for each node but the one that was asked.
pub const MESSAGES_PER_WAITING_S: u64 = 200;

/// Messages for each second whatever happens, for each pair of nodes.
pub const MESSAGES_PER_S: u64 = 10;

// ANCHOR: register
/// What a node is told.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Config {
    /// How long a message and the answer to it take at most, in milliseconds, while the network is calm.
    pub round_trip_ms: u64,
}

/// A node of a cluster that looks to its clients like one register, holding nothing at first.
///
/// Any client may ask any node, a node may be asked by several at once, and all nodes are alike. A *majority* is more than
/// half of all [nodes](harness::Context::nodes), those that are down included.
///
/// It promises:
///
/// - **It looks like one register.** Every operation takes effect at one instant between its request and its answer: a
///   read returns what the last write before that instant has put there, whichever nodes were asked. A request that is
///   never answered, for its node crashed or can reach no majority, may take effect once, at any time after it was made,
///   or never. All this is called linearizability.
/// - **Nothing shakes that.** Messages are lost, late, doubled and out of order, links are cut, nodes stand still, and any
///   number of nodes crash at any moment and boot again from their disks; also all of them at once. Clocks are wrong.
/// - **A majority is enough.** From the moment on at which a node and enough others to make a majority with it are up and
///   lose none of each other's messages, it answers within [`PROMPT_MS`] (2,000 ms): whoever else is down or cut off, and
///   whether it was asked before that moment or after it. What it was asked before its last crash it may forget.
/// - **One request, one answer.** Every answer carries the [`RequestId`] of a request that this node was asked, and is of
///   its kind. No request is answered twice.
/// - **It costs little.** Over any run from its beginning, with `n` nodes, all of them together send at most
///   [`MESSAGES_PER_REQUEST`] (8) times `n - 1` messages for each request, and [`MESSAGES_PER_WAITING_S`] (200) times
///   `n - 1` for each second that a request waits for its answer at a node that has not crashed since; and
///   [`MESSAGES_PER_S`] (10) times `n * (n - 1)` a second for what you like to do in the background. Messages to oneself are
///   free.
///
/// Nothing else is asked. Messages, timers and what is on the disk are yours.
pub trait QuorumRegister: Process<Config = Config, Input = Request, Output = Answer> {}
// ANCHOR_END: register

/// The types of this contract.
pub struct Registering;

impl Protocol for Registering {
    type Config = Config;
    type Input = Request;
    type Output = Answer;
    type View = ();
    type Wire = ();

    fn addressee(output: &Answer) -> Option<usize> {
        usize::from(output.id.client).checked_sub(1)
    }
}

sim::plain!(Config, Request, Answer);

/// Short, since it is in most messages, and messages are shown with `Debug`: `c1#2` is the second request of c1.
impl fmt::Debug for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "c{}#{}", self.client, self.number)
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "request {} of c{}", self.number, self.client)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Read => out.write_str("read"),
            Operation::Write(value) => write!(out, "write {value}"),
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Outcome::Value(None) => out.write_str("nil"),
            Outcome::Value(Some(value)) => value.fmt(out),
            Outcome::Written => out.write_str("written"),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.id.number, self.operation)
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.id.number, self.outcome)
    }
}
