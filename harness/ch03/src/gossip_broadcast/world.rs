//! Values that are handed in, faults, and who has which value when.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use explore::Plan;
use harness::NodeId;
use harness::processes::{Cluster, Nodes};
use rand::{RngExt, SeedableRng};
use sim::seam::Host;
use sim::{Choice, EventId, Fault, Limits, Random, Tone, What, World};

use super::contract::{Aim, Answer, Config, Gossiping, Request};

/// What is fixed for a run.
#[derive(Clone, Copy, Debug)]
pub struct Setup {
    pub nodes: usize,
    pub aim: Aim,
    /// How long each message takes, if always the same time.
    pub latency_ms: Option<u64>,
    /// When the last trouble is over.
    pub heal_ms: u64,
    /// When all nodes are asked what they have; the run ends there.
    pub ask_ms: u64,
    /// From when on until the end messages count as idle talk.
    pub idle_from_ms: u64,
    /// With so many messages the run ends early, for there is nothing more to find out.
    pub too_many: u64,
}

/// A value that is handed in, many of them, or a fault.
#[derive(Clone, Debug)]
pub enum Entry {
    Broadcast {
        node: NodeId,
        at_ms: u64,
    },
    /// A value every so often, each at a node that is drawn from the seed.
    Flow {
        count: u64,
        every_ms: u64,
        seed: u64,
    },
    Fault(Fault),
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Broadcast { node, at_ms } => write!(out, "{node} is handed a value at {at_ms} ms"),
            Entry::Flow { count, every_ms, .. } => {
                write!(out, "{count} values are handed in, one every {every_ms} ms, each at some node")
            }
            Entry::Fault(fault) => fault.fmt(out),
        }
    }
}

/// A value that was handed in.
#[derive(Clone, Copy, Debug)]
pub struct Value {
    pub node: NodeId,
    pub at_ms: u64,
    /// Whether the node it was handed to has delivered it, before the handler ended.
    pub accepted: bool,
    /// Nobody was there to take it.
    pub refused: bool,
}

/// A delivery.
#[derive(Clone, Copy, Debug)]
pub struct Delivery {
    pub node: NodeId,
    /// How often the node had crashed before.
    pub life: u32,
    pub value: u64,
    pub at_ms: u64,
    pub at: EventId,
}

/// What a node has answered when it was asked what it has.
#[derive(Clone, Debug)]
pub struct Read {
    pub node: NodeId,
    pub life: u32,
    pub values: BTreeSet<u64>,
    pub at_ms: u64,
    pub at: EventId,
}

/// What a play leaves behind.
#[derive(Debug)]
pub struct Seen {
    pub setup: Setup,
    pub values: BTreeMap<u64, Value>,
    pub deliveries: Vec<Delivery>,
    /// At the end, one of every node that is up, unless it did not answer.
    pub reads: Vec<Read>,
    /// Who is up at the end.
    pub up: Vec<NodeId>,
    /// Who has crashed, once for each time.
    pub crashed: Vec<NodeId>,
    pub messages: u64,
    pub idle_messages: u64,
    /// When the message was sent that was one too many.
    pub excess: Option<(u64, EventId)>,
    /// How often each node has crashed until now.
    lives: Vec<u32>,
}

/// A village in which everybody hears of everything.
pub struct Village {
    pub nodes: Nodes<Gossiping>,
}

impl Cluster for Village {
    type Protocol = Gossiping;
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Entry>, choice: Choice) -> sim::Setup {
        // Nodes that answer each other for ever are told so soon. That is a hundred steps of each node a second, and more.
        let events = 4_000 + 1_000 * plan.setup.nodes as u64;
        let limits = Limits { in_flight: 5_000, at_once: 5_000, events };
        let setup = sim::Setup { limits, ..sim::Setup::of(choice, plan.setup.nodes) };
        match plan.setup.latency_ms {
            None => setup,
            Some(latency_ms) => sim::Setup { latency_us: (latency_ms * 1000, latency_ms * 1000), ..setup },
        }
    }

    fn host(&self, plan: &Plan<Setup, Entry>) -> Box<dyn Host<Gossiping>> {
        (self.nodes)(vec![Config { aim: plan.setup.aim }; plan.setup.nodes])
    }

    fn script(&self, plan: &Plan<Setup, Entry>, world: &mut World<Gossiping>) -> Seen {
        let mut seen = Seen::new(plan.setup);
        for (number, entry) in (1..).zip(&plan.entries) {
            seen.lay(number, entry, world);
        }
        world.heal_at_ms(plan.setup.heal_ms);
        seen.run(plan.setup.idle_from_ms, world);
        let before_idle = world.counts().sent;
        seen.run(plan.setup.ask_ms, world);
        seen.messages = world.counts().sent;
        seen.idle_messages = seen.messages - before_idle;
        seen.up = world.nodes().filter(|node| world.is_up(*node)).collect();
        for node in &seen.up {
            world.input_at_ms(plan.setup.ask_ms + 1, *node, Request::Read, None);
        }
        seen.run(plan.setup.ask_ms + 1, world);
        seen
    }
}

impl Seen {
    fn new(setup: Setup) -> Self {
        Seen {
            setup,
            values: BTreeMap::new(),
            deliveries: Vec::new(),
            reads: Vec::new(),
            up: Vec::new(),
            crashed: Vec::new(),
            messages: 0,
            idle_messages: 0,
            excess: None,
            lives: vec![0; setup.nodes],
        }
    }

    fn lay(&mut self, number: u64, entry: &Entry, world: &mut World<Gossiping>) {
        match entry {
            Entry::Broadcast { node, at_ms } => self.hand_in(number, *node, *at_ms, world),
            Entry::Flow { count, every_ms, seed } => {
                let mut random = Random::seed_from_u64(*seed);
                for place in 0..*count {
                    let node = NodeId::new(random.random_range(0..self.setup.nodes));
                    self.hand_in(1 + place, node, 1 + place * every_ms, world);
                }
            }
            Entry::Fault(fault) => world.inject(fault.clone()),
        }
    }

    fn hand_in(&mut self, value: u64, node: NodeId, at_ms: u64, world: &mut World<Gossiping>) {
        self.values.insert(value, Value { node, at_ms, accepted: false, refused: false });
        world.input_at_ms(at_ms, node, Request::Broadcast(value), None);
    }

    fn run(&mut self, until_ms: u64, world: &mut World<Gossiping>) {
        while self.excess.is_none()
            && let Some(happening) = world.next(until_ms)
        {
            let (node, at_ms, at) = (happening.node, happening.at_ms(), happening.event);
            let life = self.lives[node.index()];
            match happening.what {
                What::Crashed => {
                    self.crashed.push(node);
                    self.lives[node.index()] += 1;
                }
                What::Output(Answer::Delivered(value)) => {
                    self.deliveries.push(Delivery { node, life, value, at_ms, at });
                    if let Some(known) = self.values.get_mut(&value) {
                        known.accepted |= known.node == node && known.at_ms == at_ms;
                    }
                }
                What::Output(Answer::Values(values)) => self.reads.push(Read { node, life, values, at_ms, at }),
                What::Refused => {
                    let handed = self.values.values_mut().filter(|value| value.node == node && value.at_ms == at_ms);
                    handed.for_each(|value| value.refused = true);
                }
                _ => {}
            }
            let sent = world.counts().sent;
            if sent >= self.setup.too_many && self.excess.is_none() {
                let note = world.note(node, Tone::Bad, format!("message number {sent} is sent"));
                self.excess = Some((at_ms, note));
            }
        }
    }
}
