//! Schedules, and what is seen when they are played.
//!
//! A schedule is one session between a client and a server. Either end may be the code under test or the course's own;
//! so a client and a server that are wrong in the same way still meet somebody who isn't.

use std::fmt;
use std::sync::Arc;

use explore::Plan;
use harness::exercise::World;
use harness::stage::{Played, play};
use sim::{Choice, EventId, Trace};

use super::contract::*;
use super::script;

/// An end, made.
pub type Made = Result<Arc<dyn SecureChannel>, ChannelError>;

/// How the ends under test are made.
#[derive(Clone, Copy)]
pub struct Make {
    pub connect: fn(Arc<dyn Wire>, Credentials, String, Limits) -> Made,
    pub accept: fn(Arc<dyn Wire>, Credentials, Limits) -> Made,
}

/// The world of this exercise.
pub struct Between {
    /// The code under test.
    pub make: Make,
}

/// An end of the channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Client,
    Server,
}

impl Side {
    /// Both.
    pub const ALL: [Side; 2] = [Side::Client, Side::Server];

    /// The one at the other end.
    pub fn other(self) -> Side {
        match self {
            Side::Client => Side::Server,
            Side::Server => Side::Client,
        }
    }

    /// As it is called in traces and messages.
    pub fn name(self) -> &'static str {
        match self {
            Side::Client => "client",
            Side::Server => "server",
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// Which ends are the code under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    Both,
    Only(Side),
}

/// What a schedule fixes.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Which ends are the code under test; the others are the course's.
    pub cast: Cast,
    /// Who closes the channel, when everything is said; the other follows.
    pub closer: Side,
    /// Whether the ends receive while they send, or only after it.
    pub at_once: bool,
    /// Of both ends.
    pub limits: Limits,
    /// How long the wire takes, in milliseconds.
    pub latency_ms: u64,
}

impl Setup {
    /// Whether that end is the code under test.
    pub fn is_ours(&self, side: Side) -> bool {
        matches!(self.cast, Cast::Both) || self.cast == Cast::Only(side)
    }
}

/// A step of the workload or a fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Messages, one after another.
    Says { who: Side, at_ms: u64, count: u32, bytes: usize },
    /// Messages of as many tasks.
    SayTogether { who: Side, at_ms: u64, count: u32, bytes: usize },
    /// An end of the course's own is not what it should be.
    Poses { who: Side, what: Pose },
    /// The one in between changes something.
    Tampers { from: Side, place: Place, tamper: Tamper },
    /// The wire cuts what it is given.
    Pieces { from: Side, bytes: usize, every_ms: u64 },
    /// The network takes its time to take bytes.
    Slow { from: Side },
    /// A receive is given up and called again, over and over.
    Impatient { who: Side, every_ms: u64 },
    /// What one end sent is played again to a new other end.
    Replay { of: Side },
}

/// What is wrong with an end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pose {
    /// An authority vouches for it that nobody trusts.
    Stranger,
    /// Its certificate is for another name.
    OtherName,
    /// Its certificate ended in 2000.
    Expired,
    /// It has no certificate.
    Nameless,
    /// It speaks TLS 1.2 and nothing later.
    OldVersion,
    /// It has never heard of TLS.
    PlainText,
    /// It takes what it is sent, and says nothing.
    Silent,
    /// It sends one byte now and then of a handshake that never gets anywhere.
    Dribbles,
    /// Its first message is announced to be longer than the limit.
    Boasts,
    /// It closes the channel in the middle of its first message.
    StopsHalfway,
}

/// Where in what an end sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The first bytes it hands to the wire, the second.
    Handshake(u32),
    /// The message with this number, from 1.
    Message(u32),
}

/// What is done there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tamper {
    /// A bit is flipped, at this part of the bytes.
    Flip { per_mille: u32 },
    /// The bytes come twice.
    Repeat,
    /// The stream ends after this part of the bytes.
    Cut { per_mille: u32 },
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Says { who, at_ms, count: 1, bytes } => {
                write!(out, "the {who} sends a message of {bytes} bytes at {at_ms} ms")
            }
            Entry::Says { who, at_ms, count, bytes } => {
                write!(out, "the {who} sends {count} messages of {bytes} bytes, one after another, from {at_ms} ms on")
            }
            Entry::SayTogether { who, at_ms, count, bytes } => {
                write!(out, "{count} tasks of the {who} send a message of about {bytes} bytes each at {at_ms} ms")
            }
            Entry::Poses { who, what } => write!(out, "the {who} {what}"),
            Entry::Tampers { from, place, tamper } => {
                let what = match (place, from) {
                    (Place::Message(nth), from) => format!("message {nth} of the {from}"),
                    (Place::Handshake(1), Side::Server) => "the server's half of the handshake".to_owned(),
                    (Place::Handshake(1), Side::Client) => "the client's hello".to_owned(),
                    (Place::Handshake(_), from) => format!("the {from}'s proof of who it is"),
                };
                match tamper {
                    Tamper::Flip { .. } => write!(out, "a bit of {what} is flipped on the way"),
                    Tamper::Repeat => write!(out, "{what} is delivered twice"),
                    Tamper::Cut { per_mille: 1000 } => write!(out, "the stream is cut after {what}"),
                    Tamper::Cut { .. } => write!(out, "the stream is cut in the middle of {what}"),
                }
            }
            Entry::Pieces { from, bytes, every_ms: 0 } => {
                write!(out, "what the {from} sends arrives in pieces of {bytes} bytes")
            }
            Entry::Pieces { from, bytes, every_ms } => {
                write!(out, "what the {from} sends arrives in pieces of {bytes} bytes, one every {every_ms} ms")
            }
            Entry::Slow { from } => write!(out, "the network takes up to 3 ms to take bytes from the {from}"),
            Entry::Impatient { who, every_ms } => {
                write!(out, "the {who} gives up each receive after {every_ms} ms, and calls it again")
            }
            Entry::Replay { of: Side::Client } => {
                write!(out, "what the client has sent is played again to a new server")
            }
            Entry::Replay { of: Side::Server } => {
                write!(out, "what the server has sent is played again to a new client")
            }
        }
    }
}

impl fmt::Display for Pose {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Pose::Stranger => "has a certificate of an authority that nobody trusts",
            Pose::OtherName => "has a good certificate for another name, shop.example",
            Pose::Expired => "has a certificate that ended in 2000",
            Pose::Nameless => "has no certificate",
            Pose::OldVersion => "speaks TLS 1.2 and nothing later",
            Pose::PlainText => "speaks plain text",
            Pose::Silent => "says nothing",
            Pose::Dribbles => "sends one byte every 40 ms, of a handshake that never gets anywhere",
            Pose::Boasts => "announces a first message that is longer than the limit",
            Pose::StopsHalfway => "closes the channel in the middle of its first message",
        })
    }
}

/// How the wire of a schedule behaves.
#[derive(Clone, Debug)]
pub struct Conduct {
    pub latency_ms: u64,
    pub tampers: Vec<(Side, Place, Tamper)>,
    /// Size of the pieces that arrive, and milliseconds between them, by the side that sends.
    pub pieces: [Option<(usize, u64)>; 2],
    pub slow: [bool; 2],
}

impl Conduct {
    /// As the entries say.
    pub fn of(plan: &Plan<Setup, Entry>) -> Self {
        let mut conduct = Conduct { pieces: [None; 2], slow: [false; 2], ..Conduct::calm(plan.setup.latency_ms) };
        for entry in &plan.entries {
            match *entry {
                Entry::Tampers { from, place, tamper } => conduct.tampers.push((from, place, tamper)),
                Entry::Pieces { from, bytes, every_ms } => conduct.pieces[from as usize] = Some((bytes, every_ms)),
                Entry::Slow { from } => conduct.slow[from as usize] = true,
                _ => {}
            }
        }
        conduct
    }

    /// A wire on which nobody interferes.
    pub fn calm(latency_ms: u64) -> Self {
        Conduct { latency_ms, tampers: Vec::new(), pieces: [None; 2], slow: [false; 2] }
    }
}

/// What a play leaves behind.
pub struct Seen {
    pub setup: Setup,
    pub entries: Vec<Entry>,
    /// The client's end and the server's.
    pub sides: [SideSeen; 2],
    /// The end to which a recording was played, and whose it was.
    pub replayed: Option<(Side, SideSeen)>,
}

impl Seen {
    /// What was seen at that end.
    pub fn at(&self, side: Side) -> &SideSeen {
        &self.sides[side as usize]
    }

    /// What is wrong with that end.
    pub fn pose(&self, side: Side) -> Option<Pose> {
        self.entries.iter().find_map(|entry| match entry {
            Entry::Poses { who, what } if *who == side => Some(*what),
            _ => None,
        })
    }

    /// The ends under test.
    pub fn ours(&self) -> impl Iterator<Item = Side> + '_ {
        Side::ALL.into_iter().filter(|side| self.setup.is_ours(*side))
    }
}

/// What was seen at one end.
#[derive(Clone, Debug, Default)]
pub struct SideSeen {
    /// What `open` returned, and after how long; `None` if it was still waiting a long time after its time-out.
    pub opened: Option<Result<(), ChannelError>>,
    pub open_took_ms: u64,
    /// The event that shows it.
    pub open_event: Option<EventId>,
    /// Every message it was given to send.
    pub said: Vec<Said>,
    /// Every message it received.
    pub heard: Vec<Vec<u8>>,
    /// How its receiving ended; `None` if it was still waiting at the end of the play.
    pub end: Option<Result<(), ChannelError>>,
    pub end_ms: u64,
    /// The event that shows it.
    pub end_event: Option<EventId>,
    /// Whether a later receive and a later send failed, too, where receiving had ended in an error.
    pub later: Option<(bool, bool)>,
    /// When it was told to close the channel.
    pub close_ms: u64,
    /// Everything it handed to the wire, piece by piece.
    pub wire: Vec<Vec<u8>>,
    /// What was done to that on the way.
    pub tampered: Vec<Tamper>,
    /// Whether its direction of the stream has ended.
    pub finished: bool,
}

impl SideSeen {
    /// Whether `open` has failed.
    pub fn refused(&self) -> bool {
        matches!(self.opened, Some(Err(_)))
    }

    /// Whether it has a session.
    pub fn is_open(&self) -> bool {
        matches!(self.opened, Some(Ok(())))
    }
}

/// A message that an end was given to send.
#[derive(Clone, Debug)]
pub struct Said {
    pub message: Vec<u8>,
    /// What `send` returned; `None` if it was still waiting a long time later.
    pub result: Option<Result<(), ChannelError>>,
    pub at_ms: u64,
    pub took_ms: u64,
}

/// Evidence counted by the world.
pub mod evidence {
    pub const FLIPPED: &str = "a bit is flipped on the way";
    pub const REPEATED: &str = "bytes are delivered twice";
    pub const CUT: &str = "the stream is cut";
    pub const OPENED: &str = "a session is opened with somebody who may";
    pub const DELIVERED: &str = "a message arrives";
    pub const GIVEN_UP: &str = "a receive is given up";
}

impl World for Between {
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn play(&self, choice: Choice, plan: &Plan<Setup, Entry>) -> Played<Seen> {
        let trace = Trace::new([Side::Client.name(), "network", Side::Server.name()]);
        let plan = plan.clone();
        play(choice, script::limit_ms(&plan), trace, |stage| script::script(self.make, plan, stage))
    }
}
