//! What you implement and what you are asked.

use std::collections::BTreeSet;
use std::fmt;

use harness::Process;
use serde::{Deserialize, Serialize};
use sim::Protocol;

// ANCHOR: types
/// What matters most, on a network of 25 nodes in which each message takes 100 ms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Aim {
    /// Half of all deliveries within less than 400 ms and all within less than 600 ms, for less than 30 messages a value.
    Fast,
    /// Less than 20 messages a value; half of all deliveries within less than 1,000 ms and all within less than 2,000 ms.
    Frugal,
}

/// What a node is told at boot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Config {
    /// What matters most; the same at all nodes.
    pub aim: Aim,
}

/// What a client asks of a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Request {
    /// Tell everybody. No value is handed in twice.
    Broadcast(u64),
    /// What have you got?
    Read,
}

/// What a node says to its clients.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Answer {
    /// This value is here now.
    Delivered(u64),
    /// All values that are here.
    Values(BTreeSet<u64>),
}
// ANCHOR_END: types

// ANCHOR: gossip
/// A node that has every value delivered everywhere.
///
/// It promises:
///
/// - **At once at home.** A value is delivered by the node it is handed to before the handler ends. A request to read is answered
///   once, before the handler ends, with all values that this node has delivered since its boot and possibly others that it got
///   earlier.
/// - **Everywhere.** In a calm network (1 to 10 ms a message, 2 to 25 nodes) every node delivers every value within 700 ms after it
///   was handed in if the aim is [`Aim::Fast`], and within 2,000 ms if it is [`Aim::Frugal`].
/// - **Once.** Between two boots a node delivers a value once, also if it hears of it often; and none that nobody has handed in.
/// - **Repair.** While links are cut and messages are lost, doubled and late, values may be missing. 5,000 ms after the last trouble
///   every node has every value, also if nothing more is handed in.
/// - **Nobody is needed.** If one node is down for good, whichever it is, the others have every value that was handed in at one
///   of them within 5,000 ms.
/// - **A crash takes nothing back.** A value that was delivered by the node it was handed to survives every crash of it, at
///   whatever moment. 5,000 ms after it is back, all nodes have it, and it has what all others have.
/// - **Silence when all is said.** From 5,000 ms after the last value and the last trouble on, all nodes together send no more than
///   5 messages a second for each node that is up, also if one is down for good.
/// - **In time, with few messages.** 25 nodes, each message takes 100 ms, nothing goes wrong. For 2,000 ms a value is handed in every
///   20 ms, at one node or another, as chance will have it; there is nothing before and after that. With either [`Aim`] both of its bounds hold. A delivery
///   counts from when the value was handed in to when another node delivers it. Messages are all that are sent between
///   nodes within 4,000 ms from the start, whatever they are for, divided by the number of values.
///
/// Everybody may send to everybody. Who sends what to whom is yours.
pub trait Gossip: Process<Config = Config, Input = Request, Output = Answer> {}
// ANCHOR_END: gossip

/// How long after the last trouble every node has every value, in milliseconds.
pub const REPAIR_MS: u64 = 5_000;

/// What all nodes together may send when there is nothing to say, for each node that is up.
pub const IDLE_PER_S: u64 = 5;

impl Aim {
    /// How soon every node has a value in a calm network, in milliseconds.
    pub fn reach_ms(self) -> u64 {
        match self {
            Aim::Fast => 700,
            Aim::Frugal => 2_000,
        }
    }

    /// Each less than: messages for each value, the median of the times of all deliveries, the greatest, in milliseconds.
    pub fn bounds(self) -> (u64, u64, u64) {
        match self {
            Aim::Fast => (30, 400, 600),
            Aim::Frugal => (20, 1_000, 2_000),
        }
    }
}

/// The types of this contract.
pub struct Gossiping;

impl Protocol for Gossiping {
    type Config = Config;
    type Input = Request;
    type Output = Answer;
    type View = ();
    type Wire = ();
}

sim::plain!(Config, Request, Answer);

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Broadcast(value) => write!(out, "tell everybody: {value}"),
            Request::Read => out.write_str("what have you got?"),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Delivered(value) => write!(out, "delivers {value}"),
            Answer::Values(values) if values.is_empty() => out.write_str("nothing"),
            Answer::Values(values) => {
                let values: Vec<String> = values.iter().map(u64::to_string).collect();
                write!(out, "{}", values.join(" "))
            }
        }
    }
}
