//! What happens at the nodes and to their clocks, and what is seen of it.

use explore::Plan;
use harness::NodeId;
use harness::processes::{Cluster, Nodes};
use sim::seam::Host;
use sim::{Choice, EventId, What, World};

use super::contract::{Answer, Config, Hybrid, Request, Stamp};
use crate::traffic::{Step, Traffic};

/// How many nodes there are, what they believe, and whether one is asked to sort at the end.
#[derive(Clone, Debug)]
pub struct Setup {
    pub nodes: usize,
    pub config: Config,
    pub sorts: bool,
}

/// Stamps that a node was asked to sort.
#[derive(Clone, Debug)]
pub struct Sorted {
    pub node: NodeId,
    pub asked: Vec<Stamp>,
    pub answer: Vec<Stamp>,
    pub at: EventId,
}

/// What a play leaves behind.
#[derive(Debug)]
pub struct Seen {
    pub config: Config,
    pub traffic: Traffic<Stamp>,
    pub sorted: Vec<Sorted>,
}

/// Nodes with clocks.
pub struct Events {
    pub nodes: Nodes<Hybrid>,
}

impl Cluster for Events {
    type Protocol = Hybrid;
    type Setup = Setup;
    type Entry = Step;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Step>, choice: Choice) -> sim::Setup {
        sim::Setup::of(choice, plan.setup.nodes)
    }

    fn host(&self, plan: &Plan<Setup, Step>) -> Box<dyn Host<Hybrid>> {
        (self.nodes)(vec![plan.setup.config; plan.setup.nodes])
    }

    fn script(&self, plan: &Plan<Setup, Step>, world: &mut World<Hybrid>) -> Seen {
        let traffic = Traffic::play(&plan.entries, world);
        let sorted = if plan.setup.sorts { have_sorted(&traffic, world) } else { Vec::new() };
        Seen { config: plan.setup.config, traffic, sorted }
    }
}

/// Has a node sort stamps around those that were given, from the last to the first.
fn have_sorted(traffic: &Traffic<Stamp>, world: &mut World<Hybrid>) -> Vec<Sorted> {
    let mut walls: Vec<u64> = traffic.given.iter().map(|given| given.stamp.wall_ms).collect();
    walls.sort_unstable_by(|one, other| other.cmp(one));
    walls.dedup();
    // The same counts for every time, for not every clock comes to count at all.
    let with_counts = |wall_ms: &u64| [2, 0, 1].map(|count| Stamp { wall_ms: *wall_ms, count });
    let asked: Vec<Stamp> = walls.iter().flat_map(with_counts).collect();
    let at_ms = traffic.end_ms() + 1;
    world.input_at_ms(at_ms, NodeId::new(0), Request::Sort(asked.clone()), None);
    let mut sorted = Vec::new();
    while let Some(happening) = world.next(at_ms) {
        if let What::Output(Answer::Sorted(answer)) = happening.what {
            sorted.push(Sorted { node: happening.node, asked: asked.clone(), answer, at: happening.event });
        }
    }
    sorted
}
