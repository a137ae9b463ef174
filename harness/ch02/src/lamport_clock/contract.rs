//! What you implement and what you are asked.

use std::fmt;

use harness::{NodeId, Process};
use serde::{Deserialize, Serialize};
use sim::Protocol;

pub use crate::traffic::Event;
use crate::traffic::{Said, Stamping};

// ANCHOR: stamp
/// A logical time, and whose it is (Lamport 1978, "Time, Clocks, and the Ordering of Events").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Stamp {
    /// The time: a count, not seconds.
    pub time: u64,
    /// The node at which the event happened.
    pub node: NodeId,
}
// ANCHOR_END: stamp

// ANCHOR: clock
/// What a node is asked.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Request {
    /// `Event::Local` of this number happens: answer with its stamp.
    Happen(u32),
    /// Send a message of this number to that node, once. Answer with the stamp of `Event::Sent`; the receiver answers with
    /// the stamp of `Event::Received` when the message arrives.
    Tell(u32, NodeId),
    /// Put these stamps, of events anywhere, into the one order on which all nodes agree.
    Sort(Vec<Stamp>),
}

/// What a node answers.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Answer {
    /// The event has happened at this time.
    Stamped(Event, Stamp),
    /// The stamps that were asked for, sorted.
    Sorted(Vec<Stamp>),
}

/// A node with a logical clock.
///
/// It promises:
///
/// - **Every event gets its stamp.** A request to happen or to tell, and a message that arrives, are one event each. The
///   node answers each with one [`Answer::Stamped`] before the handler ends, under its own name.
/// - **Time goes on.** Of two events of a node, the later one has the greater time. That holds for all three kinds.
/// - **A cause comes before its effect.** If an event could have influenced another at another node, through a message
///   or a chain of messages and events, it has the smaller time. (That is all. A smaller time need not mean a cause.)
/// - **A crash does not turn time back.** After a crash and a restart, times are greater than all that the node has
///   *answered* with before, whatever the moment of the crash. How large a step the clock takes over a restart is free.
/// - **There is one order.** All nodes sort the same stamps into the same order, however they are handed over: by time
///   first; and where times are equal, by node, the lower [`NodeId`] first.
///
/// Messages may be lost, late, doubled and out of order, and what comes twice is received twice: an event and a stamp each
/// time. Causes travel with the messages that you are told to send, and there is no need for any others. What a message looks
/// like and what is written to the disk are yours, and times may skip ahead.
pub trait LamportClock: Process<Config = (), Input = Request, Output = Answer> {}
// ANCHOR_END: clock

/// The types of this contract.
pub struct Lamport;

impl Protocol for Lamport {
    type Config = ();
    type Input = Request;
    type Output = Answer;
    type View = ();
    type Wire = ();
}

sim::plain!(Request, Answer);

impl Stamping for Lamport {
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
            Answer::Sorted(_) => None,
        }
    }
}

impl fmt::Display for Stamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} at {}", self.time, self.node)
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
            Answer::Stamped(event, stamp) => write!(out, "{event}: time {}", stamp.time),
            Answer::Sorted(stamps) => write!(out, "sorted: {}", told(stamps)),
        }
    }
}

/// A list of stamps for people: `3 at n1, 3 at n2, 5 at n1`.
pub(super) fn told(stamps: &[Stamp]) -> String {
    stamps.iter().map(Stamp::to_string).collect::<Vec<_>>().join(", ")
}
