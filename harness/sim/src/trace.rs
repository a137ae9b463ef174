//! What happened in a run, event by event.
//!
//! A trace serves two ends. It is drawn, so events carry words a learner understands; and its fingerprint tells two
//! runs of the same schedule apart, so whatever a world records must be free of addresses, wall time and other chance.

use serde::{Deserialize, Serialize};

use crate::choice::Fnv;

/// Somebody to whom events happen: a client, a server, a node. An index into [`Trace::lanes`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lane(pub u16);

/// A message in a trace, unique within it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(pub u32);

/// An event, by its place in [`Trace::events`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct EventId(pub u32);

/// How a note is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Something that happened.
    Plain,
    /// Something that was achieved.
    Good,
    /// A fault of the world.
    Fault,
    /// The breach of a promise.
    Bad,
}

/// What an event is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A message leaves for another lane.
    Send {
        /// Which message.
        message: MessageId,
        /// Where to.
        to: Lane,
        /// What it says, short.
        label: String,
    },
    /// A message arrives. Its [`Kind::Send`] is the other half.
    Receive {
        /// Which message.
        message: MessageId,
    },
    /// A message will never arrive; recorded on the lane that sent it, at the time it got lost.
    Lost {
        /// Which message.
        message: MessageId,
        /// Why, short: "lost", "cut off", "n3 is down".
        why: String,
    },
    /// Something else happens on the lane.
    Note {
        /// What, in a few words.
        text: String,
        /// How it is meant.
        tone: Tone,
    },
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Virtual time in microseconds since the run began.
    pub at_us: u64,
    /// To whom it happens.
    pub lane: Lane,
    /// What happens.
    pub kind: Kind,
}

/// The events of one run, in the order in which they happened.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trace {
    /// Names of the lanes, from left to right.
    pub lanes: Vec<String>,
    /// In order of time; events of the same instant in the order in which they were recorded.
    pub events: Vec<Event>,
    messages: u32,
}

impl Trace {
    /// An empty trace with these lanes.
    pub fn new<S: Into<String>>(lanes: impl IntoIterator<Item = S>) -> Self {
        Trace { lanes: lanes.into_iter().map(Into::into).collect(), events: Vec::new(), messages: 0 }
    }

    /// The lane of that name, added at the right if there is none.
    pub fn lane(&mut self, name: &str) -> Lane {
        let index = self.lanes.iter().position(|lane| lane == name).unwrap_or_else(|| {
            self.lanes.push(name.to_owned());
            self.lanes.len() - 1
        });
        Lane(u16::try_from(index).expect("a run has few lanes"))
    }

    /// A message leaves `from` for `to`.
    pub fn send(&mut self, at_us: u64, from: Lane, to: Lane, label: impl Into<String>) -> MessageId {
        let message = MessageId(self.messages);
        self.messages += 1;
        self.push(at_us, from, Kind::Send { message, to, label: label.into() });
        message
    }

    /// A message arrives at `lane`.
    pub fn receive(&mut self, at_us: u64, lane: Lane, message: MessageId) -> EventId {
        self.push(at_us, lane, Kind::Receive { message })
    }

    /// A message sent by `from` gets lost.
    pub fn lost(&mut self, at_us: u64, from: Lane, message: MessageId, why: impl Into<String>) -> EventId {
        self.push(at_us, from, Kind::Lost { message, why: why.into() })
    }

    /// Something else happens.
    pub fn note(&mut self, at_us: u64, lane: Lane, tone: Tone, text: impl Into<String>) -> EventId {
        self.push(at_us, lane, Kind::Note { text: text.into(), tone })
    }

    /// Two runs with the same fingerprint went the same way.
    pub fn fingerprint(&self) -> u64 {
        let mut hash = Fnv::new();
        for event in &self.events {
            hash.bytes(&event.at_us.to_le_bytes());
            hash.bytes(&event.lane.0.to_le_bytes());
            match &event.kind {
                Kind::Send { message, to, label } => {
                    hash.bytes(b"s");
                    hash.bytes(&message.0.to_le_bytes());
                    hash.bytes(&to.0.to_le_bytes());
                    hash.bytes(label.as_bytes());
                }
                Kind::Receive { message } => {
                    hash.bytes(b"r");
                    hash.bytes(&message.0.to_le_bytes());
                }
                Kind::Lost { message, why } => {
                    hash.bytes(b"l");
                    hash.bytes(&message.0.to_le_bytes());
                    hash.bytes(why.as_bytes());
                }
                Kind::Note { text, .. } => {
                    hash.bytes(b"n");
                    hash.bytes(text.as_bytes());
                }
            }
        }
        hash.finish()
    }

    fn push(&mut self, at_us: u64, lane: Lane, kind: Kind) -> EventId {
        let id = EventId(u32::try_from(self.events.len()).expect("a run has fewer than four billion events"));
        self.events.push(Event { at_us, lane, kind });
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trace(label: &str, at_us: u64) -> Trace {
        let mut trace = Trace::new(["client", "server"]);
        let message = trace.send(0, Lane(0), Lane(1), label);
        trace.receive(at_us, Lane(1), message);
        trace
    }

    #[test]
    fn runs_that_went_the_same_way_have_the_same_fingerprint() {
        assert_eq!(trace("get", 5).fingerprint(), trace("get", 5).fingerprint());
    }

    #[test]
    fn another_word_or_another_time_is_another_fingerprint() {
        assert_ne!(trace("get", 5).fingerprint(), trace("put", 5).fingerprint());
        assert_ne!(trace("get", 5).fingerprint(), trace("get", 6).fingerprint());
    }
}
