//! What happens at the nodes, and what is seen of it.

use std::collections::BTreeSet;

use explore::Plan;
use harness::NodeId;
use harness::processes::{Cluster, Nodes};
use sim::seam::Host;
use sim::{Choice, EventId, What, World};

use super::contract::{Answer, Lamport, Request, Stamp};
use crate::traffic::{Step, Traffic};

/// How many nodes there are, and whether they are asked to sort at the end.
#[derive(Clone, Debug)]
pub struct Setup {
    pub nodes: usize,
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
    pub traffic: Traffic<Stamp>,
    pub sorted: Vec<Sorted>,
}

/// Nodes with clocks.
pub struct Events {
    pub nodes: Nodes<Lamport>,
}

impl Cluster for Events {
    type Protocol = Lamport;
    type Setup = Setup;
    type Entry = Step;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Step>, choice: Choice) -> sim::Setup {
        sim::Setup::of(choice, plan.setup.nodes)
    }

    fn host(&self, plan: &Plan<Setup, Step>) -> Box<dyn Host<Lamport>> {
        (self.nodes)(vec![(); plan.setup.nodes])
    }

    fn script(&self, plan: &Plan<Setup, Step>, world: &mut World<Lamport>) -> Seen {
        let traffic = Traffic::play(&plan.entries, world);
        let sorted = if plan.setup.sorts { have_sorted(&traffic, world) } else { Vec::new() };
        Seen { traffic, sorted }
    }
}

/// Has two nodes sort stamps of all times that were given, the second in the opposite order.
fn have_sorted(traffic: &Traffic<Stamp>, world: &mut World<Lamport>) -> Vec<Sorted> {
    let times: BTreeSet<u64> = traffic.given.iter().map(|given| given.stamp.time).collect();
    // Every time at every node, for not every clock gives the same time twice; those of one node after those of another.
    let at_all_times = |node| times.iter().map(move |time| Stamp { time: *time, node });
    let mut asked: Vec<Stamp> = world.nodes().flat_map(at_all_times).collect();
    let mut sorted = Vec::new();
    for (node, at_ms) in [(0, traffic.end_ms() + 1), (1, traffic.end_ms() + 2)] {
        world.input_at_ms(at_ms, NodeId::new(node), Request::Sort(asked.clone()), None);
        while let Some(happening) = world.next(at_ms) {
            if let What::Output(Answer::Sorted(answer)) = happening.what {
                sorted.push(Sorted { node: happening.node, asked: asked.clone(), answer, at: happening.event });
            }
        }
        asked.reverse();
    }
    sorted
}
