//! What a schedule consists of: faults, and steps that are aimed at whoever leads.
//!
//! Who leads, and when, is up to the code under test. So the sharp scenarios name nodes by what they are at the moment
//! ("the leader is cut off from the others"), and become ordinary faults of the world when their time has come.

use std::fmt;

use render::explain::plural;
use sim::disk::Keep;
use sim::{Fault, NodeId};

use super::contract::Config;

/// What is fixed for a schedule.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// How many nodes there are.
    pub nodes: usize,
    /// What they are told.
    pub config: Config,
    /// From when on messages arrive between nodes that no step has taken from the others.
    pub calm_ms: u64,
    /// When all faults are over and a client begins to ask for new commands until they are applied by everybody.
    pub heal_ms: Option<u64>,
    /// When the run is over.
    pub end_ms: u64,
}

impl Setup {
    /// A run of so many nodes without an end to faults but its own.
    pub fn of(nodes: usize, end_ms: u64) -> Self {
        let config = Config { heartbeat_ms: 50, election_least_ms: 150, election_most_ms: 300 };
        Setup { nodes, config, calm_ms: 0, heal_ms: None, end_ms }
    }

    /// The same, healed at that time and then watched until commands are applied again.
    pub fn healed(self, heal_ms: u64) -> Self {
        Setup { heal_ms: Some(heal_ms), end_ms: heal_ms + 4_000, ..self }
    }
}

/// A fault, or a step at a time.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Something goes wrong with named nodes and links.
    Fault(Fault),
    /// Something happens to whoever it concerns at that time.
    Step {
        /// When, in milliseconds; if it is the leader's and there is none, as soon as there is one.
        at_ms: u64,
        /// What.
        act: Act,
    },
}

/// Whom a step concerns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// The node that leads; in the latest term, if several say so.
    Leader,
    /// The first node that is up and does not lead.
    Follower,
    /// That node.
    Node(NodeId),
    /// All of them.
    Everybody,
}

/// A step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Clients ask for commands.
    Propose {
        /// Whom they ask.
        who: Who,
        /// How many commands.
        count: u32,
        /// How long from one to the next; 0 for all at once.
        every_ms: u64,
    },
    /// The network splits.
    CutOff {
        /// Who is on the smaller side.
        who: Who,
        /// How many others are there as well.
        with: usize,
        /// How long it lasts.
        for_ms: u64,
    },
    /// What a node sends gets lost; what others send it arrives.
    Mute {
        /// Who is not heard.
        who: Who,
        /// How long.
        for_ms: u64,
    },
    /// Nodes crash.
    Crash {
        /// Who.
        who: Who,
        /// How long they are down.
        for_ms: u64,
        /// What is left of what was not synced.
        keep: Keep,
    },
    /// A node stands still.
    Pause {
        /// Who.
        who: Who,
        /// How long.
        for_ms: u64,
    },
}

/// A step at a time.
pub fn step(at_ms: u64, act: Act) -> Entry {
    Entry::Step { at_ms, act }
}

/// Clients ask the leader for commands, all at once.
pub fn propose(at_ms: u64, count: u32) -> Entry {
    step(at_ms, Act::Propose { who: Who::Leader, count, every_ms: 0 })
}

/// Clients ask whoever leads for one command after another.
pub fn stream(at_ms: u64, count: u32, every_ms: u64) -> Entry {
    step(at_ms, Act::Propose { who: Who::Leader, count, every_ms })
}

/// The leader is cut off, alone or with some.
pub fn cut_off_leader(at_ms: u64, with: usize, for_ms: u64) -> Entry {
    step(at_ms, Act::CutOff { who: Who::Leader, with, for_ms })
}

/// Somebody crashes.
pub fn crash(at_ms: u64, who: Who, for_ms: u64) -> Entry {
    step(at_ms, Act::Crash { who, for_ms, keep: Keep::Nothing })
}

impl fmt::Display for Who {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Who::Leader => out.write_str("the leader"),
            Who::Follower => out.write_str("a follower"),
            Who::Node(node) => node.fmt(out),
            Who::Everybody => out.write_str("every node"),
        }
    }
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Fault(fault) => fault.fmt(out),
            Entry::Step { at_ms, act } => write!(out, "at {at_ms} ms {act}"),
        }
    }
}

impl fmt::Display for Act {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Act::Propose { who, count, every_ms } => {
                write!(out, "clients ask {who} for {}", plural(u64::from(*count), "command"))?;
                if *every_ms > 0 && *count > 1 {
                    write!(out, ", one every {every_ms} ms")?;
                }
                Ok(())
            }
            Act::CutOff { who, with: 0, for_ms } => write!(out, "{who} is cut off from the others for {for_ms} ms"),
            Act::CutOff { who, with, for_ms } => {
                write!(
                    out,
                    "{who} and {} are cut off from the others for {for_ms} ms",
                    plural(*with as u64, "follower")
                )
            }
            Act::Mute { who, for_ms } => write!(out, "nothing that {who} sends arrives for {for_ms} ms"),
            Act::Crash { who, for_ms, keep } => {
                write!(out, "{who} crashes")?;
                if *keep != Keep::Nothing {
                    out.write_str(" (the first record not synced is torn)")?;
                }
                write!(out, " and is back {for_ms} ms later")
            }
            Act::Pause { who, for_ms } => write!(out, "{who} stands still for {for_ms} ms"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_read_as_sentences() {
        let told = [
            (propose(1000, 1), "at 1000 ms clients ask the leader for 1 command"),
            (stream(10, 20, 5), "at 10 ms clients ask the leader for 20 commands, one every 5 ms"),
            (cut_off_leader(7, 0, 500), "at 7 ms the leader is cut off from the others for 500 ms"),
            (cut_off_leader(7, 1, 500), "at 7 ms the leader and 1 follower are cut off from the others for 500 ms"),
            (crash(9, Who::Node(NodeId::new(2)), 40), "at 9 ms n3 crashes and is back 40 ms later"),
        ];
        for (entry, words) in told {
            assert_eq!(entry.to_string(), words);
        }
    }
}
