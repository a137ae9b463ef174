//! Looks at the nodes after every step and notices what must never be.
//!
//! Raft's safety follows from a few facts, and each of them can be seen from the accessors at the moment it fails: votes
//! for a leader, holders of an entry, a prefix that differs. Looking for these facts, and not for the accident that they
//! prevent, finds a bug in a run in which no accident came of it, and says where it began.
//!
//! One thing can't be seen: how far a handler came that a crash cut short. What such a node has on its disk is only known at
//! its next boot, so a fact that hangs on it is judged then.

mod look;

use std::collections::BTreeMap;

use explore::Breach;
use sim::{EventId, NodeId, World};

use super::cluster::Consensus;
use super::contract::{Command, Entry, Index, Output, Role, Term};
use super::seen::{Answer, Applied, Law, Proposal, Reign, TermTaken, View};
use look::Look;

/// What is known of a node.
struct Known {
    view: View,
    down: bool,
    /// A crash cut a handler short, so that the disk may hold more than the view says.
    unsure: bool,
    /// The last index applied since the boot.
    applied: Index,
}

/// A set of nodes.
type Nodes = u32;

fn only(node: NodeId) -> Nodes {
    1 << node.index()
}

/// A fact that hangs on nodes of which is not known what is on their disks.
struct Pending {
    fact: Fact,
    event: EventId,
    at_ms: u64,
    unsure: Nodes,
}

enum Fact {
    Elected {
        node: NodeId,
        term: Term,
    },
    /// The entry is held, or one that comes after it in one of these continuations of the log.
    Held {
        node: NodeId,
        index: Index,
        entry: Entry,
        after: Vec<Vec<Entry>>,
        own_term: bool,
    },
}

/// Who has ever been seen to hold an entry.
#[derive(Clone, Copy, Default)]
struct Holders {
    any_term: Nodes,
    own_term: Nodes,
}

/// The first application of an index.
struct First {
    entry: Option<Entry>,
    command: Command,
    node: NodeId,
    at_ms: u64,
    term: Term,
}

/// The watch that is kept over a run.
pub struct Watch {
    known: Vec<Known>,
    majority: u32,
    votes: BTreeMap<Term, BTreeMap<NodeId, Nodes>>,
    holders: BTreeMap<(Index, Term), Holders>,
    leaders: BTreeMap<Term, (NodeId, Vec<Entry>)>,
    first: BTreeMap<Index, First>,
    pending: Vec<Pending>,
    /// Whose handler has just told something, and was looked at then.
    fresh: Option<NodeId>,
    by_command: BTreeMap<Command, usize>,
    pub breaches: Vec<(Law, Breach)>,
    pub reigns: Vec<Reign>,
    pub terms: Vec<TermTaken>,
    pub proposals: Vec<Proposal>,
    pub applied: Vec<Applied>,
    pub voters_back: u64,
    pub logs_back: u64,
    pub replaced: u64,
}

impl Watch {
    pub fn over(nodes: usize) -> Self {
        let known = |_| Known { view: View::of_the_unborn(), down: true, unsure: false, applied: 0 };
        Watch {
            known: (0..nodes).map(known).collect(),
            majority: nodes as u32 / 2 + 1,
            votes: BTreeMap::new(),
            holders: BTreeMap::new(),
            leaders: BTreeMap::new(),
            first: BTreeMap::new(),
            pending: Vec::new(),
            fresh: None,
            by_command: BTreeMap::new(),
            breaches: Vec::new(),
            reigns: Vec::new(),
            terms: Vec::new(),
            proposals: Vec::new(),
            applied: Vec::new(),
            voters_back: 0,
            logs_back: 0,
            replaced: 0,
        }
    }

    /// The node that leads in the latest term, of those that are up.
    pub fn leader(&self) -> Option<NodeId> {
        let leads = |node: &&usize| !self.known[**node].down && self.known[**node].view.role == Role::Leader;
        let nodes: Vec<usize> = (0..self.known.len()).collect();
        nodes.iter().filter(leads).max_by_key(|node| self.known[**node].view.term).map(|node| NodeId::new(*node))
    }

    /// The nodes that are up and are not that one.
    pub fn others(&self, than: Option<NodeId>) -> Vec<NodeId> {
        let nodes = (0..self.known.len()).filter(|node| !self.known[*node].down).map(NodeId::new);
        nodes.filter(|node| Some(*node) != than).collect()
    }

    /// A client asks for a command.
    pub fn asked(&mut self, proposal: Proposal) {
        self.by_command.insert(proposal.command, self.proposals.len());
        self.proposals.push(proposal);
    }

    /// A node has crashed.
    pub fn crashed(&mut self, node: NodeId, at_ms: u64) {
        self.fresh = None;
        let known = &mut self.known[node.index()];
        (known.down, known.unsure, known.applied) = (true, false, 0);
        self.end_reign(node, at_ms);
    }

    /// A handler of a node is through.
    pub fn stepped(&mut self, world: &mut World<Consensus>, node: NodeId, event: EventId) {
        if self.fresh.take() != Some(node) {
            self.look(world, node, event);
        }
    }

    fn look(&mut self, world: &mut World<Consensus>, node: NodeId, event: EventId) {
        let Some(view) = world.view(node) else {
            self.known[node.index()].unsure = true;
            return;
        };
        let known = &self.known[node.index()];
        let boots = known.down;
        if !boots && known.view == view {
            return;
        }
        let look = Look { watch: self, world, node, event };
        look.at(view, boots);
    }

    /// A node tells something.
    pub fn told(&mut self, world: &mut World<Consensus>, node: NodeId, event: EventId, output: Output) {
        // All that a handler tells comes before its end, and after all that it did: one look will do.
        if self.fresh != Some(node) {
            self.look(world, node, event);
            self.fresh = Some(node);
        }
        match output {
            Output::NotLeader { command, leader } => {
                if let Some(place) = self.by_command.get(&command) {
                    self.proposals[*place].answers.push((world.now_ms(), Answer::Refused(leader)));
                }
            }
            Output::Applied { index, command } => {
                self.applied.push(Applied { at_ms: world.now_ms(), node, index, command });
                let mut look = Look { watch: self, world, node, event };
                look.at_application(index, command);
            }
        }
    }

    fn end_reign(&mut self, node: NodeId, at_ms: u64) {
        for reign in self.reigns.iter_mut().rev().filter(|reign| reign.node == node && reign.until_ms.is_none()) {
            reign.until_ms = Some(at_ms);
        }
    }

    /// Who supports a fact, as far as is known.
    fn support(&self, fact: &Fact) -> Nodes {
        match fact {
            Fact::Elected { node, term } => {
                self.votes.get(term).and_then(|votes| votes.get(node)).copied().unwrap_or_default()
            }
            Fact::Held { index, entry, after, own_term, .. } => {
                let later = after.iter().flat_map(|entries| (index + 1..).zip(entries.iter().copied()));
                let all = std::iter::once((*index, *entry)).chain(later);
                let holders = all.map(|(index, entry)| self.holders_of(index, entry, *own_term));
                holders.max_by_key(|nodes| nodes.count_ones()).unwrap_or_default()
            }
        }
    }

    fn holders_of(&self, index: Index, entry: Entry, own_term: bool) -> Nodes {
        let holders = self.holders.get(&(index, entry.term)).copied().unwrap_or_default();
        if own_term { holders.own_term } else { holders.any_term }
    }

    fn unsure(&self) -> Nodes {
        let nodes = self.known.iter().enumerate().filter(|(_, known)| known.down && known.unsure);
        nodes.map(|(node, _)| only(NodeId::new(node))).fold(0, |all, node| all | node)
    }
}
