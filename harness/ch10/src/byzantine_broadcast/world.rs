//! Requests, lies and faults, and what is seen of the correct nodes.

use std::fmt;

use explore::Plan;
use harness::NodeId;
use harness::processes::{self, Nodes};
use sim::seam::Host;
use sim::{Choice, EventId, Fault, Tone, What, World};

use super::contract::{Ask, Broadcast, Broadcasting, Config, Deliver, Message, SOON_MS, Value};
use super::lies::Lie;

/// What is fixed for a run.
#[derive(Clone, Debug)]
pub struct Setup {
    pub nodes: usize,
    /// What the nodes are told: how many of them may lie.
    pub faults: usize,
    /// How many do lie: the last ones. Beyond what they are told to, they are silent.
    pub liars: usize,
    /// The least and the greatest time a message takes, in microseconds.
    pub latency_us: (u64, u64),
    /// All faults are over then.
    pub heal_ms: u64,
    /// What was under way then has come in.
    pub calm_ms: u64,
    /// Whether the run ends when two correct nodes have delivered different values: nothing that comes later matters then.
    pub ends_in_conflict: bool,
}

impl Setup {
    /// Who lies.
    pub fn is_liar(&self, node: NodeId) -> bool {
        node.index() >= self.nodes - self.liars
    }

    /// Who does not.
    pub fn correct(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..self.nodes - self.liars).map(NodeId::new)
    }
}

/// A request, a lie, or something else that goes wrong.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A client asks a correct node.
    Ask { node: NodeId, ask: Ask, at_ms: u64 },
    /// Liars tell something.
    Lie(Lie),
    /// The network is slow or repeats itself, or a node is slow.
    Fault(Fault),
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Ask { node, ask, at_ms } => write!(out, "{node} {ask} at {at_ms} ms"),
            Entry::Lie(lie) => lie.fmt(out),
            Entry::Fault(fault) => fault.fmt(out),
        }
    }
}

/// A request to a correct node.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub broadcast: Broadcast,
    pub value: Value,
    pub at_ms: u64,
}

/// A delivery by a correct node.
#[derive(Clone, Copy, Debug)]
pub struct Delivered {
    pub node: NodeId,
    pub broadcast: Broadcast,
    pub value: Value,
    pub at_ms: u64,
    pub at: EventId,
}

/// A message of a correct node to a liar.
#[derive(Clone, Copy, Debug)]
pub struct Vote {
    pub from: NodeId,
    pub to: NodeId,
    pub message: Message,
    pub at: EventId,
}

/// A broadcast that a correct node has not delivered.
#[derive(Clone, Copy, Debug)]
pub struct Missing {
    pub node: NodeId,
    pub broadcast: Broadcast,
    pub at: EventId,
}

/// What a play leaves behind.
#[derive(Debug)]
pub struct Seen {
    pub setup: Setup,
    pub lies: Vec<Lie>,
    pub asked: Vec<Asked>,
    /// In the order in which they were made.
    pub delivered: Vec<Delivered>,
    pub votes: Vec<Vote>,
    /// Of what a correct node was asked for, or some correct node has delivered.
    pub missing: Vec<Missing>,
    /// When the run ended.
    pub end_ms: u64,
}

/// Nodes, some of which lie.
pub struct Cluster {
    pub nodes: Nodes<Broadcasting>,
}

impl processes::Cluster for Cluster {
    type Protocol = Broadcasting;
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Entry>, choice: Choice) -> sim::Setup {
        let mut setup = sim::Setup::of(choice, plan.setup.nodes);
        setup.latency_us = plan.setup.latency_us;
        for (node, place) in setup.places.iter_mut().enumerate() {
            if plan.setup.is_liar(NodeId::new(node)) {
                place.puppet = true;
                place.name.push_str(" (liar)");
            }
        }
        setup
    }

    fn host(&self, plan: &Plan<Setup, Entry>) -> Box<dyn Host<Broadcasting>> {
        (self.nodes)(vec![Config { faults: plan.setup.faults }; plan.setup.nodes])
    }

    fn script(&self, plan: &Plan<Setup, Entry>, world: &mut World<Broadcasting>) -> Seen {
        let mut seen = Seen {
            setup: plan.setup.clone(),
            lies: Vec::new(),
            asked: Vec::new(),
            delivered: Vec::new(),
            votes: Vec::new(),
            missing: Vec::new(),
            end_ms: plan.setup.calm_ms,
        };
        for entry in &plan.entries {
            seen.lay(entry, world);
        }
        world.heal_at_ms(plan.setup.heal_ms);
        // Time for a first delivery, and then for all others.
        seen.end_ms += 2 * SOON_MS;
        if seen.watch(world) {
            seen.look_back(world);
        }
        seen
    }
}

impl Seen {
    fn lay(&mut self, entry: &Entry, world: &mut World<Broadcasting>) {
        match entry {
            Entry::Fault(fault) => world.inject(fault.clone()),
            Entry::Lie(lie) => {
                world.wake_at_ms(lie.at_ms, self.lies.len() as u64);
                self.lies.push(lie.clone());
                self.end_ms = self.end_ms.max(lie.at_ms);
            }
            Entry::Ask { node, ask, at_ms } => {
                let broadcast = Broadcast { origin: *node, number: ask.number };
                self.asked.push(Asked { broadcast, value: ask.value, at_ms: *at_ms });
                world.input_at_ms(*at_ms, *node, *ask, None);
                self.end_ms = self.end_ms.max(*at_ms);
            }
        }
    }

    /// Says whether the run came to its end.
    fn watch(&mut self, world: &mut World<Broadcasting>) -> bool {
        while let Some(happening) = world.next(self.end_ms) {
            let (node, at_ms, at) = (happening.node, happening.at_ms(), happening.event);
            match happening.what {
                What::Woken(number) => {
                    for (liar, to, message) in self.lies[number as usize].messages() {
                        world.puppet_send(liar, to, message);
                    }
                }
                What::Output(Deliver { broadcast, value }) => {
                    let differs = |other: &&Delivered| other.broadcast == broadcast && other.value != value;
                    let other = self.delivered.iter().find(differs).copied();
                    self.delivered.push(Delivered { node, broadcast, value, at_ms, at });
                    if let Some(other) = other.filter(|_| self.setup.ends_in_conflict) {
                        let text = format!("but {} has delivered {broadcast} = {}", other.node, other.value);
                        world.note(node, Tone::Bad, text);
                        return false;
                    }
                }
                What::Intercepted { from, message } => self.votes.push(Vote { from, to: node, message, at }),
                _ => {}
            }
        }
        true
    }

    /// Remarks on what never came.
    fn look_back(&mut self, world: &mut World<Broadcasting>) {
        let mut due: Vec<Broadcast> = self.asked.iter().map(|asked| asked.broadcast).collect();
        due.extend(self.delivered.iter().map(|delivered| delivered.broadcast));
        due.sort_unstable();
        due.dedup();
        for broadcast in due {
            for node in self.setup.correct() {
                if self.of(node, broadcast).is_none() {
                    let at = world.note(node, Tone::Bad, format!("has never delivered {broadcast}"));
                    self.missing.push(Missing { node, broadcast, at });
                }
            }
        }
    }

    /// What a node has delivered first of a broadcast.
    pub fn of(&self, node: NodeId, broadcast: Broadcast) -> Option<&Delivered> {
        self.delivered.iter().find(|delivered| (delivered.node, delivered.broadcast) == (node, broadcast))
    }
}
