//! Nodes that keep copies of the same thing, their clients and faults, and what is seen of them.
//!
//! The exercises of this chapter differ in what is kept, and in little else: what a change is, what a value is, and what is
//! made of both. [`Replicated`] says the first two, and everything else here is the same for all.

pub mod promises;
pub mod schedules;

use std::collections::BTreeMap;
use std::fmt;

use explore::Plan;
use harness::NodeId;
use harness::processes::{Cluster, Nodes};
use sim::seam::Host;
use sim::{Choice, EventId, Fault, Protocol, What, World};

/// How long after the last trouble all agree, in milliseconds.
pub const AGREED_MS: u64 = 2_000;

/// What a node may send to each other node when there is nothing to say.
pub const IDLE_PER_S: u64 = 20;

/// How long idle nodes are watched, in milliseconds.
pub const WATCH_MS: u64 = 1_000;

/// What is kept: how it is changed and what is seen of it.
pub trait Replicated: Protocol<Config = (), Input: Clone, Output: Clone> {
    /// What a client can have changed; said as what a node is to do ("count 3 up").
    type Change: Clone + fmt::Debug + fmt::Display + Send + Sync + 'static;
    /// What a client can read.
    type Value: Clone + fmt::Debug + PartialEq + fmt::Display + 'static;

    /// The request for a change.
    fn change(number: u32, change: &Self::Change) -> Self::Input;

    /// The request for the value.
    fn read(number: u32) -> Self::Input;

    /// Which request an answer is to, and the value if it says one.
    fn said(answer: &Self::Output) -> (u32, Option<Self::Value>);
}

/// How many nodes there are, and when the last trouble is over, in milliseconds.
#[derive(Clone, Debug)]
pub struct Setup {
    pub nodes: usize,
    pub heal_ms: u64,
}

/// A step of the workload, or a fault.
#[derive(Clone, Debug)]
pub enum Entry<C> {
    Change {
        node: NodeId,
        change: C,
        at_ms: u64,
    },
    /// One change a millisecond.
    Series {
        node: NodeId,
        changes: Vec<C>,
        from_ms: u64,
    },
    Read {
        node: NodeId,
        at_ms: u64,
    },
    Fault(Fault),
}

impl<C: fmt::Display> fmt::Display for Entry<C> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Change { node, change, at_ms } => write!(out, "{node} is to {change} at {at_ms} ms"),
            Entry::Series { node, changes, from_ms } => {
                let first: Vec<String> = changes.iter().take(4).map(C::to_string).collect();
                let (first, count) = (first.join(", "), changes.len());
                write!(out, "{node} is to make {count} changes, one a millisecond from {from_ms} ms on: {first}, …")
            }
            Entry::Read { node, at_ms } => write!(out, "{node} is asked for the value at {at_ms} ms"),
            Entry::Fault(fault) => fault.fmt(out),
        }
    }
}

/// A schedule.
pub type Schedule<X> = Plan<Setup, Entry<<X as Replicated>::Change>>;

/// A change that a client has asked for.
#[derive(Clone, Debug)]
pub struct Change<C> {
    pub node: NodeId,
    pub what: C,
    pub at_ms: u64,
    pub done: bool,
    /// Nobody was there to take it.
    pub refused: bool,
}

/// A value that a node has answered with.
#[derive(Clone, Debug)]
pub struct Read<V> {
    pub node: NodeId,
    pub value: V,
    /// The changes that this node had answered as done when it was asked.
    pub done: Vec<u32>,
    pub at_ms: u64,
    pub at: EventId,
}

/// A request to a node that was up, and the answers it got before its handler ended.
#[derive(Clone)]
pub struct Asked<X: Replicated> {
    pub node: NodeId,
    pub request: X::Input,
    pub is_read: bool,
    pub at_ms: u64,
    pub answers: Vec<X::Output>,
    /// How many other answers to it there were: later, or from another node.
    pub elsewhere: usize,
    pub at: Option<EventId>,
}

/// What a play leaves behind.
pub struct Seen<X: Replicated> {
    /// By number, in the order in which they were asked for.
    pub changes: BTreeMap<u32, Change<X::Change>>,
    /// Before the end: those of the schedule, and one of each node when the last trouble is just over.
    pub reads: Vec<Read<X::Value>>,
    /// One of each node, after all trouble is over and everybody has had time.
    pub last_reads: Vec<Read<X::Value>>,
    /// By number.
    pub asked: BTreeMap<u32, Asked<X>>,
    /// The link on which the most was sent while there was nothing to say, and how many messages.
    pub busiest_idle: Option<(NodeId, NodeId, u64)>,
    /// What is on each node's disk when all have had time to agree.
    pub disk_bytes: Vec<usize>,
    pub nodes: usize,
    /// The splits of the network.
    pub splits: Vec<Fault>,
}

/// Nodes that keep copies.
pub struct Replicas<X: Replicated> {
    /// Makes the learner's nodes.
    pub nodes: Nodes<X>,
}

impl<X: Replicated> Cluster for Replicas<X> {
    type Protocol = X;
    type Setup = Setup;
    type Entry = Entry<X::Change>;
    type Seen = Seen<X>;

    fn setup(&self, plan: &Schedule<X>, choice: Choice) -> sim::Setup {
        sim::Setup::of(choice, plan.setup.nodes)
    }

    fn host(&self, plan: &Schedule<X>) -> Box<dyn Host<X>> {
        (self.nodes)(vec![(); plan.setup.nodes])
    }

    fn script(&self, plan: &Schedule<X>, world: &mut World<X>) -> Seen<X> {
        let mut seen = Seen::of(plan.setup.nodes);
        for (place, entry) in (1..).zip(&plan.entries) {
            seen.lay(place, entry, world);
        }
        let (heal_ms, agreed_ms) = (plan.setup.heal_ms, plan.setup.heal_ms + AGREED_MS);
        world.heal_at_ms(heal_ms);
        // What is wrong with a node alone shows by now, long before all would have agreed on it.
        let last = plan.entries.len() as u32;
        seen.ask_all(last + 1, heal_ms + 1, world);
        seen.run(world, agreed_ms);
        seen.disk_bytes = world.nodes().map(|node| world.disk(node).size_bytes()).collect();
        let before = seen.reads.len();
        seen.ask_all(last + 1 + plan.setup.nodes as u32, agreed_ms + 1, world);
        seen.run(world, agreed_ms + 1);
        seen.last_reads = seen.reads.split_off(before);
        let sent = sent_by_link(world);
        seen.run(world, agreed_ms + 1 + WATCH_MS);
        let idle = sent_by_link(world).into_iter().zip(sent);
        let idle = idle.map(|((from, to, now), (_, _, then))| (from, to, now - then));
        seen.busiest_idle = idle.max_by_key(|(.., messages)| *messages);
        seen
    }
}

/// How many messages were sent so far, from each node to each other.
fn sent_by_link<X: Replicated>(world: &World<X>) -> Vec<(NodeId, NodeId, u64)> {
    let links = world.nodes().flat_map(|from| world.nodes().map(move |to| (from, to)));
    let links = links.filter(|(from, to)| from != to);
    links.map(|(from, to)| (from, to, u64::from(world.sent(from, to)))).collect()
}

/// Requests are numbered by the places of their entries; where an entry has many, from its place times this on.
const SERIES: u32 = 1_000;

impl<X: Replicated> Seen<X> {
    fn of(nodes: usize) -> Self {
        Seen {
            changes: BTreeMap::new(),
            reads: Vec::new(),
            last_reads: Vec::new(),
            asked: BTreeMap::new(),
            busiest_idle: None,
            disk_bytes: Vec::new(),
            nodes,
            splits: Vec::new(),
        }
    }

    fn lay(&mut self, place: u32, entry: &Entry<X::Change>, world: &mut World<X>) {
        match entry {
            Entry::Change { node, change, at_ms } => self.change(place, *node, change, *at_ms, world),
            Entry::Series { node, changes, from_ms } => {
                for (number, (change, at_ms)) in (place * SERIES..).zip(changes.iter().zip(*from_ms..)) {
                    self.change(number, *node, change, at_ms, world);
                }
            }
            Entry::Read { node, at_ms } => self.ask(place, *node, X::read(place), true, *at_ms, world),
            Entry::Fault(fault) => {
                if matches!(fault, Fault::Split { .. }) {
                    self.splits.push(fault.clone());
                }
                world.inject(fault.clone());
            }
        }
    }

    fn change(&mut self, number: u32, node: NodeId, change: &X::Change, at_ms: u64, world: &mut World<X>) {
        self.ask(number, node, X::change(number, change), false, at_ms, world);
        self.changes.insert(number, Change { node, what: change.clone(), at_ms, done: false, refused: false });
    }

    fn ask_all(&mut self, number: u32, at_ms: u64, world: &mut World<X>) {
        for (number, node) in (number..).zip(world.nodes()) {
            self.ask(number, node, X::read(number), true, at_ms, world);
        }
    }

    fn ask(&mut self, number: u32, node: NodeId, request: X::Input, is_read: bool, at_ms: u64, world: &mut World<X>) {
        world.input_at_ms(at_ms, node, request.clone(), None);
        let (answers, elsewhere) = (Vec::new(), 0);
        self.asked.insert(number, Asked { node, request, is_read, at_ms, answers, elsewhere, at: None });
    }

    fn run(&mut self, world: &mut World<X>, until_ms: u64) {
        while let Some(happening) = world.next(until_ms) {
            let (node, at_ms, at) = (happening.node, happening.at_ms(), happening.event);
            match happening.what {
                What::Output(answer) => self.answered(node, at_ms, at, answer),
                What::Refused => {
                    for change in self.changes.values_mut() {
                        change.refused |= change.node == node && change.at_ms == at_ms;
                    }
                    self.asked.retain(|_, asked| asked.node != node || asked.at_ms != at_ms);
                }
                _ => {}
            }
        }
    }

    fn answered(&mut self, node: NodeId, at_ms: u64, at: EventId, answer: X::Output) {
        let (number, value) = X::said(&answer);
        match value {
            None => {
                // Whoever says so of a change that it has not yet been asked for says nothing.
                if let Some(change) = self.changes.get_mut(&number) {
                    change.done |= change.node == node && change.at_ms <= at_ms;
                }
            }
            Some(value) => {
                let done = self.changes.iter().filter(|(_, change)| change.done && change.node == node);
                let done = done.map(|(number, _)| *number).collect();
                self.reads.push(Read { node, value, done, at_ms, at });
            }
        }
        let Some(asked) = self.asked.get_mut(&number) else { return };
        asked.at = Some(at);
        if asked.node == node && asked.at_ms == at_ms {
            asked.answers.push(answer);
        } else {
            asked.elsewhere += 1;
        }
    }
}
