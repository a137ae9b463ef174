//! What you implement and what you are asked.

use std::fmt;

use harness::{NodeId, Process};
use serde::{Deserialize, Serialize};
use sim::Protocol;

use crate::replicas::Replicated;

// ANCHOR: types
/// A counter that only grows, kept by several replicas at once: a G-counter (Shapiro et al. 2011, specification 6).
///
/// `Default` is the counter that nobody has changed. Two counters are equal if and only if they know of the same changes; the
/// same value is not enough. Sums stay within 63 bits.
pub trait GrowOnly: Clone + fmt::Debug + Default + PartialEq {
    /// `replica` counts `by` more. Nobody else changes a counter in that replica's name.
    fn up(&mut self, replica: NodeId, by: u64);

    /// How many there are, as far as this counter knows.
    fn value(&self) -> u64;

    /// Takes over all that `other` knows, and forgets nothing. Joining is commutative, associative and idempotent: whatever
    /// is joined with whatever, in whatever order and however often, a change counts once.
    fn join(&mut self, other: &Self);
}

/// A counter that goes up and down: a PN-counter (Shapiro et al. 2011, specification 7). It keeps the same laws.
pub trait UpAndDown: Clone + fmt::Debug + Default + PartialEq {
    /// `replica` counts `by` more.
    fn up(&mut self, replica: NodeId, by: u64);

    /// `replica` counts `by` less. The value may become negative.
    fn down(&mut self, replica: NodeId, by: u64);

    /// How many there are, as far as this counter knows.
    fn value(&self) -> i64;

    /// Takes over all that `other` knows.
    fn join(&mut self, other: &Self);
}
// ANCHOR_END: types

// ANCHOR: node
/// What a client asks of a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Request {
    /// Count more.
    Up {
        /// Which request this is.
        number: u32,
        /// How many more.
        by: u64,
    },
    /// Count less.
    Down {
        /// Which request this is.
        number: u32,
        /// How many less.
        by: u64,
    },
    /// How many are there?
    Read {
        /// Which request this is.
        number: u32,
    },
}

/// What a node answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Answer {
    /// The change is made.
    Done {
        /// Which request is answered.
        number: u32,
    },
    /// So many there are, as far as this node knows.
    Value {
        /// Which request is answered.
        number: u32,
        /// How many there are.
        value: i64,
    },
}

/// A node that keeps a counter together with all other nodes.
///
/// It promises:
///
/// - **A node answers alone.** Every request is answered once, before the handler ends, whoever else can be reached, and not
///   again later.
/// - **A value is possible.** It contains all changes that this node has answered as done; of the others' changes it may contain
///   any that have been asked for by then. It contains no change twice and nothing else.
/// - **All agree in the end.** While messages are lost, doubled, late, out of order and cut off, nodes may differ. Two
///   seconds after the last trouble all nodes have the same value, and it contains every change that was answered as done.
/// - **A crash loses nothing.** A change that was answered as done survives every crash of the node, at whatever moment. (One
///   that was asked for and not answered may count or not, as long as all agree.)
/// - **Silence when there is nothing to say.** From two seconds after the last change and the last trouble on, a node sends
///   no more than 20 messages a second to each other node.
///
/// How nodes tell each other is yours.
pub trait Counters: Process<Config = (), Input = Request, Output = Answer> {}
// ANCHOR_END: node

/// The types of this contract.
pub struct Counting;

impl Protocol for Counting {
    type Config = ();
    type Input = Request;
    type Output = Answer;
    type View = ();
    type Wire = ();
}

sim::plain!(Request, Answer);

/// A change of a counter: up if positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct By(pub i64);

impl fmt::Display for By {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "count {} {}", self.0.unsigned_abs(), if self.0 < 0 { "down" } else { "up" })
    }
}

impl Replicated for Counting {
    type Change = By;
    type Value = i64;

    fn change(number: u32, change: &By) -> Request {
        let by = change.0.unsigned_abs();
        if change.0 < 0 { Request::Down { number, by } } else { Request::Up { number, by } }
    }

    fn read(number: u32) -> Request {
        Request::Read { number }
    }

    fn said(answer: &Answer) -> (u32, Option<i64>) {
        match *answer {
            Answer::Done { number } => (number, None),
            Answer::Value { number, value } => (number, Some(value)),
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Up { number, by } => write!(out, "#{number}: {by} up"),
            Request::Down { number, by } => write!(out, "#{number}: {by} down"),
            Request::Read { number } => write!(out, "#{number}: how many?"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Done { number } => write!(out, "#{number} done"),
            Answer::Value { number, value } => write!(out, "#{number}: {value}"),
        }
    }
}
