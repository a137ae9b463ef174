//! What you implement and what you are asked.

use std::fmt;

use harness::{NodeId, Process};
use serde::{Deserialize, Serialize};
use sim::Protocol;

pub use crate::traffic::Event;
use crate::traffic::{Said, Stamping};

// ANCHOR: stamp
/// A hybrid logical time (Kulkarni et al. 2014).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// About when it was, in milliseconds, as clocks on the wall go.
    pub wall_ms: u64,
    /// Tells events of the same `wall_ms` apart. It has eight bits, to keep stamps short.
    pub count: u8,
}

/// What a node is told at boot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Config {
    /// A message whose stamp is further than this ahead of the receiver's own clock is not believed, in milliseconds.
    pub max_ahead_ms: u64,
}
// ANCHOR_END: stamp

// ANCHOR: clock
/// What a node is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Request {
    /// `Event::Local` of this number happens: answer with its stamp.
    Happen(u32),
    /// Send a message of this number to that node, once. Answer with the stamp of `Event::Sent`; the receiver answers with
    /// the stamp of `Event::Received`, or refuses, when the message arrives.
    Tell(u32, NodeId),
    /// Put these stamps, of events anywhere, in their order. No two of them are equal.
    Sort(Vec<Stamp>),
}

/// What a node answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Answer {
    /// The event has happened, and this is its stamp.
    Stamped(Event, Stamp),
    /// The message of this number is refused.
    Refused(u32),
    /// The stamps that were asked for, sorted.
    Sorted(Vec<Stamp>),
}

/// A node with a hybrid clock. Its own clock on the wall is [`Context::clock_ms`](harness::Context::clock_ms).
///
/// It promises:
///
/// - **Every event gets its stamp.** A request to happen or to tell, and a message that arrives and is believed, are one event
///   each. The node answers each with one [`Answer::Stamped`] before the handler ends.
/// - **A cause comes before its effect.** If an event could have influenced another, at the same node or through messages, it
///   has the smaller stamp. Stamps are compared by `wall_ms` first, and by `count` where that is equal; [`Request::Sort`] does
///   so too. (That is all. A smaller stamp need not mean a cause.)
/// - **A clock that misbehaves does not turn time back.** All of this holds while clocks stand still, jump ahead and jump back.
/// - **The time is about right.** `wall_ms` is never below the node's own clock, and never above the greatest that any clock
///   has shown at this event or one that happened before it. (Two exceptions: where the count was full, see below; and after a
///   crash, for a node may leap ahead when it boots, and how far is free.)
/// - **The count stays small.** It is at most the number of events with the same `wall_ms` that happened before this one.
/// - **A full count does not wrap round.** If `count` would have to go beyond 255, `wall_ms` goes up by one instead, though no
///   clock has shown that yet, and the count begins at zero: at an event of the node's own, and where a full count arrives.
/// - **The far future is refused.** If a message's stamp is more than `max_ahead_ms` ahead of the receiver's clock, the answer is
///   [`Answer::Refused`] and nothing else changes: the next stamp is what it would have been. All other messages are believed.
/// - **A crash does not turn time back.** After a crash and a restart, stamps are greater than all that the node has
///   *answered* with before, whatever the moment of the crash and whatever its clock shows by then.
///
/// Messages may be lost, late, doubled and out of order, and what comes twice is received twice: an event and a stamp each
/// time. Causes travel with the messages that you are told to send, and there is no need for any others. What a message looks
/// like and what is written to the disk are yours.
pub trait HybridClock: Process<Config = Config, Input = Request, Output = Answer> {}
// ANCHOR_END: clock

impl Stamp {
    /// What stamps are compared by.
    pub(super) fn key(&self) -> (u64, u8) {
        (self.wall_ms, self.count)
    }
}

/// The types of this contract.
pub struct Hybrid;

impl Protocol for Hybrid {
    type Config = Config;
    type Input = Request;
    type Output = Answer;
    type View = ();
    type Wire = ();
}

sim::plain!(Config, Request, Answer);

impl Stamping for Hybrid {
    type Stamp = Stamp;

    fn happen(number: u32) -> Request {
        Request::Happen(number)
    }

    fn tell(number: u32, to: NodeId) -> Request {
        Request::Tell(number, to)
    }

    fn read(answer: Answer) -> Option<Said<Stamp>> {
        match answer {
            Answer::Stamped(event, stamp) => Some(Said::Stamped(event, stamp)),
            Answer::Refused(number) => Some(Said::Refused(number)),
            Answer::Sorted(_) => None,
        }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} ms + {}", self.wall_ms, self.count)
    }
}

impl fmt::Display for Request {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Request::Happen(number) => write!(out, "event {number} happens"),
            Request::Tell(number, to) => write!(out, "is to send message {number} to {to}"),
            Request::Sort(stamps) => write!(out, "is to sort {}", told(stamps)),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Answer::Stamped(event, stamp) => write!(out, "{event}: {stamp}"),
            Answer::Refused(number) => write!(out, "message {number} is refused"),
            Answer::Sorted(stamps) => write!(out, "sorted: {}", told(stamps)),
        }
    }
}

/// A list of stamps for people.
pub(super) fn told(stamps: &[Stamp]) -> String {
    stamps.iter().map(Stamp::to_string).collect::<Vec<_>>().join(", ")
}
