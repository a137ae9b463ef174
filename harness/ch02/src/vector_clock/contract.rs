//! What you implement and what you are asked.

use std::collections::BTreeMap;
use std::fmt;

use harness::{NodeId, Process};
use serde::{Deserialize, Serialize};
use sim::Protocol;

pub use crate::traffic::Event;
use crate::traffic::{Said, Stamping};

// ANCHOR: vector
/// How many events of each node have happened, as far as one node knows (Fidge 1988; Mattern 1989). A node that is not
/// in it counts as zero: `{n1: 2}` and `{n1: 2, n3: 0}` say the same.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Vector(pub BTreeMap<NodeId, u64>);

/// How two vectors, and so two events, stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Order {
    /// They say the same.
    Equal,
    /// The first is nowhere greater and somewhere smaller: what it stands for could have influenced the other.
    Before,
    /// The other way round.
    After,
    /// Each is somewhere greater: neither could have influenced the other.
    Concurrent,
}
// ANCHOR_END: vector

// ANCHOR: clock
/// What a node is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Request {
    /// `Event::Local` of this number happens: answer with its stamp.
    Happen(u32),
    /// Send a message of this number to that node, once. Answer with the stamp of `Event::Sent`; the receiver answers with
    /// the stamp of `Event::Received` when the message arrives.
    Tell(u32, NodeId),
    /// How does the first vector stand to the second? Neither need be one that you have ever seen.
    Compare(Vector, Vector),
    /// The least vector that is nowhere smaller than either. It is about these two alone.
    Merge(Vector, Vector),
}

/// What a node answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Answer {
    /// The event has happened, and this is its stamp.
    Stamped(Event, Vector),
    /// The answer to `Request::Compare`.
    Compared(Order),
    /// The answer to `Request::Merge`.
    Merged(Vector),
}

/// A node with a vector clock.
///
/// It promises:
///
/// - **Every event gets its stamp.** A request to happen or to tell, and a message that arrives, are one event each. The
///   node answers each with one [`Answer::Stamped`] before the handler ends.
/// - **What happened before is smaller.** If an event could have influenced another, at the same node or through messages, its
///   vector is [`Order::Before`] the other's.
/// - **What is smaller happened before.** And only then. Two events of which neither could have influenced the other have
///   vectors that are [`Order::Concurrent`], and no two events have equal vectors.
/// - **A vector names only those it knows.** It has no entry for a node of which no event has happened before, so that a
///   thousand nodes cost nothing to those who have never heard of them. Nodes join while others are long at work.
/// - **Comparing is right for all vectors**, of whatever sizes, entries of zero included.
/// - **Merging gives the least upper bound**: commutative, associative, idempotent.
/// - **A crash forgets nothing.** After a crash and a restart, a node's next vector is greater than all that it has *answered*
///   with before, whatever the moment of the crash; and it is news: a count that has left in a message goes to no other event.
///   How far a node's own entry leaps, over a restart or for an event, is free.
/// - **A question is no event.** Whoever is asked to compare or merge vectors has learned nothing from them.
///
/// Messages may be lost, late, doubled and out of order, and what comes twice is received twice: an event and a stamp each
/// time. Causes travel with the messages that you are told to send, and there is no need for any others. What a message looks
/// like and what is written to the disk are yours.
pub trait VectorClock: Process<Config = (), Input = Request, Output = Answer> {}
// ANCHOR_END: clock

/// The types of this contract.
pub struct Vectors;

impl Protocol for Vectors {
    type Config = ();
    type Input = Request;
    type Output = Answer;
    type View = ();
    type Wire = ();
}

sim::plain!(Request, Answer);

impl Stamping for Vectors {
    type Stamp = Vector;

    fn happen(number: u32) -> Request {
        Request::Happen(number)
    }

    fn tell(number: u32, to: NodeId) -> Request {
        Request::Tell(number, to)
    }

    fn read(answer: Answer) -> Option<Said<Vector>> {
        match answer {
            Answer::Stamped(event, vector) => Some(Said::Stamped(event, vector)),
            Answer::Compared(_) | Answer::Merged(_) => None,
        }
    }
}

impl fmt::Display for Vector {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let entries: Vec<String> = self.0.iter().map(|(node, count)| format!("{node}: {count}")).collect();
        write!(out, "{{{}}}", entries.join(", "))
    }
}

impl fmt::Display for Order {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Order::Equal => "equal",
            Order::Before => "before",
            Order::After => "after",
            Order::Concurrent => "concurrent",
        })
    }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Happen(number) => write!(out, "event {number} happens"),
            Request::Tell(number, to) => write!(out, "is to send message {number} to {to}"),
            Request::Compare(one, other) => write!(out, "is to compare {one} with {other}"),
            Request::Merge(one, other) => write!(out, "is to merge {one} and {other}"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Stamped(event, vector) => write!(out, "{event}: {vector}"),
            Answer::Compared(order) => write!(out, "{order}"),
            Answer::Merged(vector) => write!(out, "merged: {vector}"),
        }
    }
}
