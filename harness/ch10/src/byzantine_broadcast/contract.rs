//! What you implement, what you are asked, and what nodes send each other.

use std::fmt;

use harness::{NodeId, Process};
use serde::{Deserialize, Serialize};
use sim::Protocol;

/// How soon something happens that must happen, in milliseconds.
pub const SOON_MS: u64 = 1_000;

// ANCHOR: messages
/// Names a broadcast: whose it is, and which of that node's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Broadcast {
    /// Who broadcasts.
    pub origin: NodeId,
    /// The number that the origin's client has given it.
    pub number: u32,
}

/// What is broadcast.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Value(pub u32);

/// What nodes send each other (Bracha 1987). Liars speak the same language, so it can't be yours to choose.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Message {
    /// "I broadcast this."
    Init(Broadcast, Value),
    /// "The origin has told me that it broadcasts this."
    Echo(Broadcast, Value),
    /// "Enough nodes stand by this for it to be delivered."
    Ready(Broadcast, Value),
}
// ANCHOR_END: messages

// ANCHOR: node
/// A client asks a node to broadcast a value. No client gives a node the same number twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Ask {
    /// The number of the broadcast.
    pub number: u32,
    /// Its value.
    pub value: Value,
}

/// A node delivers a broadcast to its clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Deliver {
    /// Which.
    pub broadcast: Broadcast,
    /// What it says.
    pub value: Value,
}

/// What a node is told about its cluster, which has `3 * faults + 1` nodes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Config {
    /// How many of the nodes may lie: *f*.
    pub faults: usize,
}

/// A node that broadcasts, and delivers what others broadcast, among nodes some of which lie (Bracha 1987; Cachin, Guerraoui
/// and Rodrigues 2011, §3.11).
///
/// A *correct* node is one that runs your code. It does not crash. Of the 3f + 1 nodes up to f are *liars*: they may send
/// anything to anybody at any time, one thing to you and another to your neighbour, in the name of whom they like, or
/// nothing at all.
///
/// Links are reliable and honest. What a correct node sends arrives, once or several times, after any time and in any
/// order, and `from` is who has sent it. What the message *says* is only that node's word.
///
/// It promises, for each broadcast:
///
/// - **Validity.** If a correct node is asked to broadcast, every correct node delivers.
/// - **No forgery.** If the origin is correct, a correct node delivers only the value that it was asked for, and not before
///   it was asked.
/// - **Agreement.** No two correct nodes deliver different values, whoever the origin is.
/// - **Totality.** If one correct node delivers, all do.
/// - **Once.** A correct node delivers a broadcast at most once.
/// - **One vote.** A correct node sends each node at most one `Init`, one `Echo` and one `Ready` for a broadcast, whatever
///   it is told and how often.
///
/// *Calm* is when every message takes at most 10 ms and those from before have come in. What must be delivered is delivered
/// within 1,000 ms of the request, of the first delivery or of the beginning of the calm, whichever is latest. Nobody
/// needs a disk or a timer for that.
pub trait ByzantineBroadcast: Process<Config = Config, Message = Message, Input = Ask, Output = Deliver> {}
// ANCHOR_END: node

/// The types of this contract.
pub struct Broadcasting;

impl Protocol for Broadcasting {
    type Config = Config;
    type Input = Ask;
    type Output = Deliver;
    type View = ();
    type Wire = Message;
}

sim::plain!(Config, Ask, Deliver, Message);

impl Message {
    /// The broadcast it is about, and the value it is for.
    pub fn claim(self) -> (Broadcast, Value) {
        match self {
            Message::Init(broadcast, value) | Message::Echo(broadcast, value) | Message::Ready(broadcast, value) => {
                (broadcast, value)
            }
        }
    }
}

impl fmt::Debug for Broadcast {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.origin, self.number)
    }
}

impl fmt::Display for Broadcast {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.origin, self.number)
    }
}

impl fmt::Debug for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl fmt::Display for Value {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}", self.0)
    }
}

impl fmt::Debug for Message {
    /// As diagrams show it: `Echo n4/1 = 7`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self {
            Message::Init(..) => "Init",
            Message::Echo(..) => "Echo",
            Message::Ready(..) => "Ready",
        };
        let (broadcast, value) = self.claim();
        write!(out, "{kind} {broadcast} = {value}")
    }
}

impl fmt::Display for Ask {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "is asked to broadcast {} as number {}", self.value, self.number)
    }
}

impl fmt::Display for Deliver {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "delivers {} = {}", self.broadcast, self.value)
    }
}
