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

impl Lane {
    /// Nobody in particular: where a [`Kind::World`] event happens.
    pub const WORLD: Lane = Lane(u16::MAX);
}

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

/// What a lane is able to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Life {
    /// It runs.
    Up,
    /// It has crashed or was never started: nothing happens on it and what reaches it is lost.
    Down,
    /// It stands still and will go on where it was; what reaches it waits.
    Paused,
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
    /// From here on the lane is up, down or paused.
    Life {
        /// Which.
        state: Life,
        /// What happened to it, in a few words: "crashes", "boots from its disk".
        text: String,
    },
    /// Something happens to the world as a whole, on [`Lane::WORLD`]: the network splits, the network heals.
    World {
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    /// Names of the lanes, from left to right.
    pub lanes: Vec<String>,
    /// In order of time; events of the same instant in the order in which they were recorded.
    pub events: Vec<Event>,
    messages: u32,
    /// How many events there were; more than are kept when the trace is quiet.
    count: u32,
    quiet: bool,
    hash: Fnv,
}

impl Trace {
    /// An empty trace with these lanes.
    pub fn new<S: Into<String>>(lanes: impl IntoIterator<Item = S>) -> Self {
        Trace { lanes: lanes.into_iter().map(Into::into).collect(), ..Trace::default() }
    }

    /// The same, without its events: they are counted and go into the fingerprint, which is all that a run needs that
    /// nobody will be told about.
    ///
    /// A quiet trace has other fingerprints than a full one, for it never sees the words.
    pub fn quietly(self) -> Self {
        Trace { quiet: true, ..self }
    }

    /// Whether events are only counted. Then there is no need to find words for them.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// How many events there were so far.
    pub fn len(&self) -> u32 {
        self.count
    }

    /// Whether nothing has happened yet.
    pub fn is_empty(&self) -> bool {
        self.count == 0
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

    /// From here on the lane is up, down or paused.
    pub fn life(&mut self, at_us: u64, lane: Lane, state: Life, text: impl Into<String>) -> EventId {
        self.push(at_us, lane, Kind::Life { state, text: text.into() })
    }

    /// Something happens to the world as a whole.
    pub fn world(&mut self, at_us: u64, tone: Tone, text: impl Into<String>) -> EventId {
        self.push(at_us, Lane::WORLD, Kind::World { text: text.into(), tone })
    }

    /// Takes a number that tells runs apart, such as a hash of somebody's state, into the fingerprint.
    pub fn mark(&mut self, number: u64) {
        self.hash.word(number);
    }

    /// Two runs with the same fingerprint went the same way.
    pub fn fingerprint(&self) -> u64 {
        self.hash.finish()
    }

    fn push(&mut self, at_us: u64, lane: Lane, kind: Kind) -> EventId {
        let id = EventId(self.count);
        self.count = self.count.checked_add(1).expect("a run has fewer than four billion events");
        self.hash.word(at_us ^ (u64::from(lane.0) << 48));
        if self.quiet {
            self.hash.word(kind.number());
        } else {
            kind.hash(&mut self.hash);
            self.events.push(Event { at_us, lane, kind });
        }
        id
    }
}

impl Kind {
    /// Which kind it is and of which message, without the words.
    fn number(&self) -> u64 {
        match self {
            Kind::Send { message, to, .. } => 1 | u64::from(message.0) << 8 | u64::from(to.0) << 40,
            Kind::Receive { message } => 2 | u64::from(message.0) << 8,
            Kind::Lost { message, .. } => 3 | u64::from(message.0) << 8,
            Kind::Note { .. } => 4,
            Kind::Life { state, .. } => 5 | (*state as u64) << 8,
            Kind::World { .. } => 6,
        }
    }

    fn hash(&self, hash: &mut Fnv) {
        hash.word(self.number());
        match self {
            Kind::Send { label: text, .. }
            | Kind::Lost { why: text, .. }
            | Kind::Note { text, .. }
            | Kind::Life { text, .. }
            | Kind::World { text, .. } => hash.bytes(text.as_bytes()),
            Kind::Receive { .. } => {}
        }
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
