//! The contract of `raft`.
//!
//! All times are milliseconds of virtual time. Messages, timers and what is on the disk are yours to design.

use std::fmt;

use harness::{NodeId, Process};
use serde::{Deserialize, Serialize};

/// Terms count up from 1; a node that has never heard of one is in term 0.
pub type Term = u64;

/// The place of an entry in the log. The first entry has 1.
pub type Index = u64;

// ANCHOR: raft
/// A node that keeps a log in common with others: Raft ([Ongaro & Ousterhout 2014][paper], figure 2).
///
/// There are 3 or 5 nodes and all boot at time 0. A message takes 1 to 10 ms. A *majority* is more than half of all
/// nodes, whether they are up or not.
///
/// # What is promised
///
/// **Election.**
/// - While messages arrive and a majority of the nodes is up, the nodes have a leader within 3,000 ms, and it stays: as
///   long as nothing fails, no node takes up another term later than 1,000 ms after the first leader was elected.
/// - A term has at most one leader, and whoever leads in a term has the votes of a majority in that term, its own among
///   them. A node gives its vote once a term.
/// - A leader that reaches the others again after a later one was elected is no leader any more 500 ms after that.
/// - A node that can't win (its log lacks an entry that was applied) may force new terms, but does not keep the others
///   from electing a leader within those 3,000 ms, even if its clock runs twice as fast as theirs.
///
/// **Replication.**
/// - A node that is asked for a command and leads appends it to its log, in that same handler, and says nothing. A node that
///   does not lead says [`Output::NotLeader`] in that same handler, does not append it, and, when things have been calm
///   for 500 ms, names the leader.
/// - While at most one message on a link is lost, a command that the leader has appended is applied by every node
///   ([`Output::Applied`]) within 500 ms.
/// - A node applies the commands of its log in order, each one once between two crashes, from the first entry on, and
///   leaves none out. A crash takes its state machine along: after it, the node applies everything again from the
///   beginning. A blank entry (one without a command) counts in the log and is never applied.
/// - If two logs have an entry of the same term at the same index, they are the same up to there.
/// - An index has one command: whatever is applied there by any node at any time is the same.
/// - Nothing is applied before it is *committed*: a majority of the nodes has held it, or has held one and the same entry
///   after it, while in the term of that entry (§5.4.2; figure 8 shows what comes of less).
///
/// **Persistence.**
/// - [`term`](Raft::term), [`vote`](Raft::vote) and [`entry`](Raft::entry) speak of what is on the disk: what they say
///   after a handler is the same after a crash and the next boot. A record that a crash has [torn](harness::Torn) was
///   never written.
/// - What others rely on is there before they hear of it: a crash between any two effects of a handler breaks no other
///   promise.
///
/// **The awkward cases.**
/// - Whoever leads in a term holds everything that was applied in the terms before.
/// - As long as a node's term lasts, no entry leaves its log that the leader of that term holds, whatever comes late,
///   twice, or from the leader of an earlier term.
/// - A node that comes back with up to 150 entries that nobody wants, and without up to 150 that it should have, has
///   applied all of these 1,000 ms after the leader reaches it.
/// - The leader does not send over and over what has arrived: with 150 commands in the log and links that carry 4,000
///   bytes a second, a new command is applied by every node within 1,000 ms.
/// - 3,000 ms after the last fault, whatever it was, new commands are applied by every node.
///
/// # What is left free
///
/// Messages and their number (up to 8,000 in a run of at most 7 seconds), timers, the format on the disk; blank entries at
/// the beginning of a term or none; a vote asked for in advance (PreVote); leaders that step down of their own accord when
/// they hear nobody. The times in [`Config`] are advice.
///
/// [paper]: https://raft.github.io/raft.pdf
pub trait Raft: Process<Config = Config, Input = Command, Output = Output> {
    /// What the node is at the moment.
    fn role(&self) -> Role;

    /// The latest term that it has heard of.
    fn term(&self) -> Term;

    /// Whom it has voted for in this term. A candidate votes for itself.
    fn vote(&self) -> Option<NodeId>;

    /// An entry of its log, committed or not; nothing past the end, and nothing at 0.
    fn entry(&self, index: Index) -> Option<Entry>;
}
// ANCHOR_END: raft

// ANCHOR: types
/// Times that suit the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Config {
    /// How often a leader lets every node hear from it, in milliseconds.
    pub heartbeat_ms: u64,
    /// The shortest time without a leader after which a node stands for election, in milliseconds.
    pub election_least_ms: u64,
    /// The longest, in milliseconds.
    pub election_most_ms: u64,
}

/// What a node is at the moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Role {
    /// It follows, or waits for somebody to follow.
    Follower,
    /// It stands for election.
    Candidate,
    /// It leads.
    Leader,
}

/// What a client wants done, by number. Nodes need not know what it means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Command(pub u32);

/// What a log holds at an index.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Entry {
    /// The term of the leader that appended it.
    pub term: Term,
    /// What is to be done; `None` in a blank entry, such as some leaders begin their term with.
    pub command: Option<Command>,
}

/// What a node tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Output {
    /// Its state machine takes this command.
    Applied {
        /// Where it stands in the log.
        index: Index,
        /// What is done.
        command: Command,
    },
    /// It takes no commands.
    NotLeader {
        /// The one that was asked for.
        command: Command,
        /// Whom it takes for the leader, if anybody.
        leader: Option<NodeId>,
    },
}
// ANCHOR_END: types

impl fmt::Display for Role {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Role::Follower => "follower",
            Role::Candidate => "candidate",
            Role::Leader => "leader",
        })
    }
}

impl fmt::Display for Command {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "command {}", self.0)
    }
}

/// As it is displayed: messages with entries stay readable.
impl fmt::Debug for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, out)
    }
}

/// Short, for a log is shown in a line: `c7/2` is command 7 of term 2, `-/2` a blank entry.
impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.command {
            Some(Command(number)) => write!(out, "c{number}/{}", self.term),
            None => write!(out, "-/{}", self.term),
        }
    }
}

impl fmt::Display for Output {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Output::Applied { index, command } => write!(out, "applies {command} at index {index}"),
            Output::NotLeader { command, leader: Some(leader) } => write!(out, "{command}: ask {leader}"),
            Output::NotLeader { command, leader: None } => write!(out, "{command}: no leader known"),
        }
    }
}
