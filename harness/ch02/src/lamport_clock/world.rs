//! What happens at the nodes, and what is seen of it.

use std::collections::BTreeSet;
use std::fmt;

use explore::Plan;
use harness::NodeId;
use harness::processes::Cluster;
use sim::seam::Host;
use sim::{Choice, EventId, Fault, What, World};

use super::contract::{Answer, Event, Request, Stamp, Stamping};

/// Makes the learner's nodes, so many.
pub type Nodes = fn(usize) -> Box<dyn Host<Stamping>>;

/// How many nodes there are, and whether they are asked to sort at the end.
#[derive(Clone, Debug)]
pub struct Setup {
    pub nodes: usize,
    pub sorts: bool,
}

/// A step of the workload, or a fault. The numbers of events are their names.
#[derive(Clone, Debug)]
pub enum Entry {
    Happen { node: NodeId, number: u32, at_ms: u64 },
    Tell { from: NodeId, to: NodeId, number: u32, at_ms: u64 },
    Fault(Fault),
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Happen { node, number, at_ms } => write!(out, "event {number} happens at {node} at {at_ms} ms"),
            Entry::Tell { from, to, number, at_ms } => {
                write!(out, "{from} is to send message {number} to {to} at {at_ms} ms")
            }
            Entry::Fault(fault) => fault.fmt(out),
        }
    }
}

/// A stamp that a node has given.
#[derive(Clone, Copy, Debug)]
pub struct Given {
    pub node: NodeId,
    pub event: Event,
    pub stamp: Stamp,
    /// How often the node had crashed before.
    pub crashes: usize,
    pub at_ms: u64,
    pub at: EventId,
}

/// Stamps that two nodes were asked to sort, each in another order of arrival.
#[derive(Clone, Debug)]
pub struct Sorted {
    pub node: NodeId,
    pub asked: Vec<Stamp>,
    pub answer: Vec<Stamp>,
    pub at: EventId,
}

/// An event that the plan has asked for, where and when.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub node: NodeId,
    pub event: Event,
    pub at_ms: u64,
}

/// What a play leaves behind.
#[derive(Debug, Default)]
pub struct Seen {
    pub asked: Vec<Asked>,
    /// Messages that the plan has sent: number and receiver.
    pub told: Vec<(u32, NodeId)>,
    /// In the order in which they were given.
    pub given: Vec<Given>,
    pub sorted: Vec<Sorted>,
}

/// When all that was under way has arrived, in milliseconds after the last entry.
const QUIET_MS: u64 = 2_000;

/// Nodes with clocks.
pub struct Events {
    pub nodes: Nodes,
}

impl Cluster for Events {
    type Protocol = Stamping;
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Entry>, choice: Choice) -> sim::Setup {
        sim::Setup::of(choice, plan.setup.nodes)
    }

    fn host(&self, plan: &Plan<Setup, Entry>) -> Box<dyn Host<Stamping>> {
        (self.nodes)(plan.setup.nodes)
    }

    fn script(&self, plan: &Plan<Setup, Entry>, world: &mut World<Stamping>) -> Seen {
        let mut script = Script { seen: Seen::default(), crashes: vec![0; plan.setup.nodes] };
        let mut last_ms = 0;
        for entry in &plan.entries {
            last_ms = last_ms.max(script.lay(entry, world));
        }
        let quiet_ms = last_ms + QUIET_MS;
        world.heal_at_ms(quiet_ms);
        script.run(world, quiet_ms);
        if plan.setup.sorts {
            script.have_sorted(world, quiet_ms);
        }
        script.seen
    }
}

struct Script {
    seen: Seen,
    crashes: Vec<usize>,
}

impl Script {
    /// Gives the time at which the entry strikes.
    fn lay(&mut self, entry: &Entry, world: &mut World<Stamping>) -> u64 {
        let (node, request, event, at_ms) = match entry {
            Entry::Happen { node, number, at_ms } => (*node, Request::Happen(*number), Event::Local(*number), *at_ms),
            Entry::Tell { from, to, number, at_ms } => {
                self.seen.told.push((*number, *to));
                (*from, Request::Tell(*number, *to), Event::Sent(*number), *at_ms)
            }
            Entry::Fault(fault) => {
                world.inject(fault.clone());
                return 0;
            }
        };
        self.seen.asked.push(Asked { node, event, at_ms });
        world.input_at_ms(at_ms, node, request, None);
        at_ms
    }

    fn run(&mut self, world: &mut World<Stamping>, until_ms: u64) {
        while let Some(happening) = world.next(until_ms) {
            let (node, at_ms) = (happening.node, happening.at_ms());
            match happening.what {
                What::Output(Answer::Stamped(event, stamp)) => {
                    let crashes = self.crashes[node.index()];
                    self.seen.given.push(Given { node, event, stamp, crashes, at_ms, at: happening.event });
                }
                What::Crashed => self.crashes[node.index()] += 1,
                _ => {}
            }
        }
    }

    /// Has two nodes sort stamps of all times that were given, the second in the opposite order.
    fn have_sorted(&mut self, world: &mut World<Stamping>, at_ms: u64) {
        let times: BTreeSet<u64> = self.seen.given.iter().map(|given| given.stamp.time).collect();
        // Every time at every node, for not every clock gives the same time twice; those of one node after those of another.
        let at_all_times = |node| times.iter().map(move |time| Stamp { time: *time, node });
        let mut stamps: Vec<Stamp> = world.nodes().flat_map(at_all_times).collect();
        for (node, at_ms) in [(0, at_ms + 1), (1, at_ms + 2)] {
            world.input_at_ms(at_ms, NodeId::new(node), Request::Sort(stamps.clone()), None);
            while let Some(happening) = world.next(at_ms) {
                if let What::Output(Answer::Sorted(answer)) = happening.what {
                    let asked = stamps.clone();
                    self.seen.sorted.push(Sorted { node: happening.node, asked, answer, at: happening.event });
                }
            }
            stamps.reverse();
        }
    }
}
