//! The bank: what happens in it, and what is seen of it.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;
use std::fmt;

use explore::Plan;
use harness::processes::{Cluster, Nodes};
use serde::{Deserialize, Serialize};
use sim::disk::Keep;
use sim::seam::Host;
use sim::{Choice, Either, EventId, Fault, NodeId, Place, Protocol, World};

use super::contract::*;
use super::script::Script;

/// The types of the contract.
pub struct Banking;

impl Protocol for Banking {
    type Config = Either<(), Branch>;
    type Input = Either<Transfer, Infallible>;
    type Output = Either<Answer, Infallible>;
    type View = Option<BranchView>;
    type Wire = ();

    fn addressee(output: &Self::Output) -> Option<usize> {
        match output {
            Either::First(answer) => Some(usize::from(answer.client)),
            Either::Second(never) => match *never {},
        }
    }
}

sim::plain!(Branch, Transfer, Answer, BranchView);

/// What can be observed of a branch.
#[derive(Serialize, Deserialize)]
pub struct BranchView {
    pub balances: BTreeMap<u32, i64>,
    pub in_doubt: usize,
}

/// The world of this exercise.
pub struct Bank {
    /// The code under test.
    pub nodes: Nodes<Banking>,
}

/// What a schedule fixes.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    /// How many branches there are: `n2` and those after it.
    pub branches: usize,
    /// How many clients.
    pub clients: usize,
    /// When all faults are over and clients stop asking, in milliseconds.
    pub heal_ms: u64,
    /// How many accounts the transfers of a client concern by turns. With as many as transfers, each has its own, and the
    /// balances tell which of them were applied.
    pub accounts: u32,
}

/// A step of the workload or a fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A client makes transfers, one after another.
    Transfers { client: usize, from_ms: u64, count: u32, branches: Vec<NodeId> },
    /// An account is frozen at a branch.
    Frozen { branch: NodeId, account: u32 },
    /// A branch crashes the moment the coordinator gives its `nth` answer.
    AtAnswer { nth: u32, branch: NodeId, back_after_ms: u64, keep: Keep },
    /// Something goes wrong.
    Fault(Fault),
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Transfers { client, from_ms, count, branches } => {
                let list = render::explain::list_in_words(branches);
                let client = client + 1;
                if *count == 1 {
                    return write!(out, "client {client} asks for a transfer over {list} at {from_ms} ms");
                }
                write!(
                    out,
                    "client {client} asks for {count} transfers over {list}, one after another, from {from_ms} ms on"
                )
            }
            Entry::Frozen { branch, account } => write!(out, "account {account} is frozen at {branch}"),
            Entry::AtAnswer { nth, branch, back_after_ms, keep } => {
                let nth = render::explain::ordinal(u64::from(*nth));
                write!(out, "{branch} crashes as {COORDINATOR} gives its {nth} answer")?;
                if *keep == Keep::Everything {
                    out.write_str(" (its disk keeps even what was not synced)")?;
                }
                write!(out, " and is back {back_after_ms} ms later")
            }
            Entry::Fault(fault) => fault.fmt(out),
        }
    }
}

/// An amount with its sign; nothing has none.
pub fn signed(cents: i64) -> String {
    if cents == 0 { "0".to_owned() } else { format!("{cents:+}") }
}

/// How the coordinator is called in words.
pub const COORDINATOR: &str = "n1";

/// The node of the coordinator.
pub fn coordinator() -> NodeId {
    NodeId::new(0)
}

/// The nodes of the branches.
pub fn branches(setup: &Setup) -> impl Iterator<Item = NodeId> + use<> {
    (1..=setup.branches).map(NodeId::new)
}

/// The account that the `nth` transfer of a client concerns, counted from 1: the second of client 1 concerns 102.
pub fn account(setup: &Setup, client: usize, nth: u32) -> u32 {
    (client as u32 + 1) * 100 + (nth - 1) % setup.accounts + 1
}

/// What a play leaves behind.
pub struct Seen {
    pub setup: Setup,
    pub transfers: Vec<TransferSeen>,
    /// Answers to what nobody had asked over that connection, or not any more.
    pub strays: Vec<StrayAnswer>,
    /// Decisions that a branch took while nobody could know one.
    pub guesses: Vec<Guess>,
    /// The branches at the end.
    pub ends: Vec<BranchEnd>,
    /// The disks at the end, of all nodes in order.
    pub disks: Vec<DiskSeen>,
    /// Which accounts are frozen, and where.
    pub frozen: BTreeSet<(NodeId, u32)>,
    /// How often all branches of a transfer were in doubt while the coordinator was away.
    pub sealed: u64,
    /// How often a branch was in doubt while the coordinator was away.
    pub doubts: u64,
    /// Who was down, from when until when, in milliseconds.
    pub down: Vec<(NodeId, u64, u64)>,
}

/// A transfer, as its client saw it, and what became of it.
#[derive(Clone, Debug)]
pub struct TransferSeen {
    pub client: usize,
    pub nth: u32,
    pub postings: Vec<Posting>,
    pub account: u32,
    pub asked_ms: u64,
    /// What the client was told, when, and the event at which it was.
    pub answer: Option<(u64, EventId, Outcome)>,
    /// Whether the coordinator crashed before it had answered.
    pub cut_off: bool,
    /// Whether the coordinator was down when it was asked.
    pub refused: bool,
    /// The first event after its answer was due, if that had not come.
    pub overdue: Option<EventId>,
    /// The branches where it did not end as at the others, or as the client was told, each with a remark there.
    pub remarks: Vec<(NodeId, EventId)>,
}

/// An answer without a question.
#[derive(Clone, Debug)]
pub struct StrayAnswer {
    pub at_ms: u64,
    pub event: EventId,
    pub answer: Answer,
    /// Whether the transfer had been answered before.
    pub again: bool,
}

/// A branch that left doubt with nobody to ask.
#[derive(Clone, Debug)]
pub struct Guess {
    pub branch: NodeId,
    pub at_ms: u64,
    pub event: EventId,
    /// Since when the coordinator was away.
    pub away_since_ms: u64,
    /// How many transfers it was in doubt about before and after.
    pub doubts: (usize, usize),
}

/// A branch at the end.
#[derive(Clone, Debug)]
pub struct BranchEnd {
    pub branch: NodeId,
    pub balances: BTreeMap<u32, i64>,
    pub in_doubt: usize,
    /// The remark there, if it is still in doubt.
    pub event: Option<EventId>,
}

/// A disk at the end.
#[derive(Clone, Copy, Debug)]
pub struct DiskSeen {
    pub node: NodeId,
    pub records: usize,
    pub bytes: usize,
    /// The remark there, if it holds too much.
    pub event: Option<EventId>,
}

impl DiskSeen {
    /// How many bytes may be there.
    pub fn most_bytes(&self, seen: &Seen) -> usize {
        let end = seen.ends.iter().find(|end| end.branch == self.node);
        SETTLED_BYTES + SETTLED_BYTES_AN_ACCOUNT * end.map_or(0, |end| end.balances.len())
    }

    /// Whether there is more than that.
    pub fn is_too_full(&self, seen: &Seen) -> bool {
        self.records > SETTLED_RECORDS || self.bytes > self.most_bytes(seen)
    }
}

impl fmt::Display for DiskSeen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let records = render::explain::plural(self.records as u64, "record");
        write!(out, "{records} and {} bytes on its disk", render::explain::thousands(self.bytes as u64))
    }
}

impl Seen {
    /// The balance at a branch at the end.
    pub fn balance(&self, branch: NodeId, account: u32) -> i64 {
        let end = self.ends.iter().find(|end| end.branch == branch);
        end.and_then(|end| end.balances.get(&account)).copied().unwrap_or_default()
    }

    /// When the coordinator crashed first, in milliseconds.
    pub fn first_crash_ms(&self) -> u64 {
        let mut crashes = self.down.iter().filter(|(node, ..)| *node == coordinator());
        crashes.next().map_or(u64::MAX, |(_, down_ms, _)| *down_ms)
    }

    /// Whether a node was down all this time.
    pub fn away(&self, node: NodeId, from_ms: u64, until_ms: u64) -> bool {
        self.down.iter().any(|(who, down_ms, up_ms)| *who == node && *down_ms < from_ms && until_ms < *up_ms)
    }

    /// The branches at which a transfer was applied, and those at which it was not; without any that is still in doubt.
    pub fn fate(&self, transfer: &TransferSeen) -> (Vec<NodeId>, Vec<NodeId>) {
        let settled = |branch: &NodeId| self.ends.iter().any(|end| end.branch == *branch && end.in_doubt == 0);
        let at = transfer.postings.iter().map(|posting| posting.branch).filter(settled);
        at.partition(|branch| self.balance(*branch, transfer.account) != 0)
    }
}

impl Cluster for Bank {
    type Protocol = Banking;
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Entry>, choice: Choice) -> sim::Setup {
        let mut setup = sim::Setup::of(choice, plan.setup.branches + 1);
        setup.places[0] = Place { name: format!("{COORDINATOR} coord."), ..setup.places[0].clone() };
        setup.clients = (1..=plan.setup.clients).map(|client| format!("client {client}")).collect();
        setup
    }

    fn host(&self, plan: &Plan<Setup, Entry>) -> Box<dyn Host<Banking>> {
        let frozen = |branch| {
            let frozen = plan.entries.iter().filter_map(|entry| match entry {
                Entry::Frozen { branch: at, account } if *at == branch => Some(*account),
                _ => None,
            });
            Either::Second(Branch { coordinator: coordinator(), frozen: frozen.collect() })
        };
        let configs = std::iter::once(Either::First(())).chain(branches(&plan.setup).map(frozen));
        (self.nodes)(configs.collect())
    }

    fn script(&self, plan: &Plan<Setup, Entry>, world: &mut World<Banking>) -> Seen {
        Script::new(plan).play(plan, world)
    }
}
