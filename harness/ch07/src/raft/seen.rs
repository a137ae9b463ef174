//! What a run leaves behind for the promises to look at.

use std::fmt;

use explore::Breach;
use serde::{Deserialize, Serialize};
use sim::{EventId, NodeId};

use super::contract::{Command, Entry, Index, Role, Term};
use super::entries::Setup;

/// What the accessors of a node say.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    /// What it is.
    pub role: Role,
    /// Its term.
    pub term: Term,
    /// Whom it has voted for in it.
    pub vote: Option<NodeId>,
    /// Its log, from index 1 on.
    pub log: Vec<Entry>,
}

impl View {
    /// What a node says that has never run.
    pub fn of_the_unborn() -> Self {
        View { role: Role::Follower, term: 0, vote: None, log: Vec::new() }
    }

    /// The entry at an index.
    pub fn entry(&self, index: Index) -> Option<Entry> {
        self.log.get(usize::try_from(index.checked_sub(1)?).ok()?).copied()
    }
}

/// What is watched all the time, whatever the schedule. The first breach of each is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Law {
    /// Messages don't multiply. Whoever asks for any law asks for this one.
    Flood,
    /// One leader a term.
    OneLeader,
    /// One vote a term.
    OneVote,
    /// A leader has a majority's votes.
    Votes,
    /// Applied in order, each once, as the log says.
    Order,
    /// Logs that agree in an entry agree before it.
    Matching,
    /// One command an index.
    OneCommand,
    /// Nothing is applied before a majority holds it.
    Majority,
    /// … as the entry of the term they are in, it or one after it.
    Committed,
    /// A leader holds what was applied before.
    Complete,
    /// A crash changes nothing of what is on the disk.
    Memory,
    /// What the leader of the term holds does not leave a log.
    Kept,
}

/// A time during which a node led.
#[derive(Clone, Copy, Debug)]
pub struct Reign {
    /// Who.
    pub node: NodeId,
    /// In which term.
    pub term: Term,
    /// From when on, in milliseconds.
    pub from_ms: u64,
    /// When it was seen not to lead any more, or crashed.
    pub until_ms: Option<u64>,
    /// The step that made it leader.
    pub event: EventId,
}

/// A node takes up a term.
#[derive(Clone, Copy, Debug)]
pub struct TermTaken {
    /// When, in milliseconds.
    pub at_ms: u64,
    /// Who.
    pub node: NodeId,
    /// Which.
    pub term: Term,
    /// The step that did it.
    pub event: EventId,
}

/// What became of a command where it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// The node appended it.
    Appended,
    /// The node said that it does not lead, and who does.
    Refused(Option<NodeId>),
}

/// A command that a client asked for.
#[derive(Clone, Debug)]
pub struct Proposal {
    /// Which.
    pub command: Command,
    /// Whom.
    pub node: NodeId,
    /// When, in milliseconds.
    pub at_ms: u64,
    /// Who led in the latest term then.
    pub leader: Option<NodeId>,
    /// What became of it, and when.
    pub answers: Vec<(u64, Answer)>,
}

/// A node has applied a command.
#[derive(Clone, Copy, Debug)]
pub struct Applied {
    /// When, in milliseconds.
    pub at_ms: u64,
    /// Who.
    pub node: NodeId,
    /// Where in the log.
    pub index: Index,
    /// What.
    pub command: Command,
}

/// A node that a step has taken from the others: cut off, crashed, paused or muted.
#[derive(Clone, Copy, Debug)]
pub struct Loss {
    /// Who.
    pub node: NodeId,
    /// From when on, in milliseconds.
    pub from_ms: u64,
    /// When it is back.
    pub until_ms: u64,
}

/// What a run leaves behind.
pub struct Seen {
    /// What was fixed for it.
    pub setup: Setup,
    /// The first breach of each law.
    pub breaches: Vec<(Law, Breach)>,
    /// Who led, in the order of election.
    pub reigns: Vec<Reign>,
    /// Every rise of a node's term.
    pub terms: Vec<TermTaken>,
    /// Every command asked for.
    pub proposals: Vec<Proposal>,
    /// Every command applied.
    pub applied: Vec<Applied>,
    /// Whom steps have taken from the others.
    pub losses: Vec<Loss>,
    /// When everybody had applied a command that was asked for after the healing.
    pub recovered_ms: Option<u64>,
    /// When the run was over, in milliseconds.
    pub ended_ms: u64,
    /// How often a node came back that had voted in its term.
    pub voters_back: u64,
    /// How often a node came back that had entries in its log.
    pub logs_back: u64,
    /// How often a node lost entries because they were replaced.
    pub replaced: u64,
    /// What the nodes say at the end; nothing of those that are down.
    pub nodes: Vec<Option<View>>,
}

impl Seen {
    /// The first breach of one of these laws.
    pub fn breach_of(&self, laws: &[Law]) -> Result<(), Breach> {
        match self.breaches.iter().find(|(law, _)| *law == Law::Flood || laws.contains(law)) {
            Some((_, breach)) => Err(breach.clone()),
            None => Ok(()),
        }
    }

    /// How each node stands at the end, in words.
    pub fn standing(&self) -> String {
        let node = |(place, view): (usize, &Option<View>)| {
            let node = NodeId::new(place);
            match view {
                None => format!("{node} is down"),
                Some(view) => {
                    format!("{node}: {} in term {}, log {}", view.role, view.term, Log(&view.log))
                }
            }
        };
        self.nodes.iter().enumerate().map(node).collect::<Vec<_>>().join("; ")
    }
}

/// The end of a log in words.
pub struct Log<'a>(pub &'a [Entry]);

impl fmt::Display for Log<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 8;
        let skipped = self.0.len().saturating_sub(MOST);
        if skipped > 0 {
            write!(out, "({skipped} more) ")?;
        }
        let entries: Vec<String> = self.0[skipped..].iter().map(Entry::to_string).collect();
        write!(out, "[{}]", entries.join(" "))
    }
}
