//! What happens at the nodes, what they are asked about stamps, and what is seen of it.

use std::fmt;

use explore::Plan;
use harness::NodeId;
use harness::processes::{Cluster, Nodes};
use sim::seam::Host;
use sim::{Choice, EventId, What, World};

use super::contract::{Answer, Order, Request, Vector, Vectors};
use crate::traffic::{Step, Traffic};

/// How many nodes there are, and from which on they come late.
#[derive(Clone, Debug)]
pub struct Setup {
    pub nodes: usize,
    /// These and all after them join at that time, in milliseconds.
    pub late: Option<(usize, u64)>,
}

/// A step of the workload, a fault, or a question about vectors that is asked when all is over.
#[derive(Clone, Debug)]
pub enum Entry {
    Step(Step),
    Compare(Vector, Vector),
    Merge(Vector, Vector),
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Step(step) => step.fmt(out),
            Entry::Compare(one, other) => write!(out, "n1 is to compare {one} with {other}"),
            Entry::Merge(one, other) => write!(out, "n1 is to merge {one} and {other}"),
        }
    }
}

/// A question about vectors, and the answer.
#[derive(Clone, Debug)]
pub struct Asked<A> {
    pub one: Vector,
    pub other: Vector,
    pub answer: A,
    pub at: EventId,
}

/// What a play leaves behind.
#[derive(Debug)]
pub struct Seen {
    pub traffic: Traffic<Vector>,
    pub compared: Vec<Asked<Order>>,
    pub merged: Vec<Asked<Vector>>,
    /// The first of the nodes that joined late.
    pub late: Option<NodeId>,
    /// Questions that were asked.
    pub questions: usize,
    /// The stamp of an event of the node that was asked, after all questions.
    pub afterwards: Option<(Vector, EventId)>,
}

/// Nodes with clocks.
pub struct Events {
    pub nodes: Nodes<Vectors>,
}

impl Cluster for Events {
    type Protocol = Vectors;
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Entry>, choice: Choice) -> sim::Setup {
        let mut setup = sim::Setup::of(choice, plan.setup.nodes);
        if let Some((first, at_ms)) = plan.setup.late {
            setup.places[first..].iter_mut().for_each(|place| place.joins_ms = at_ms);
        }
        setup
    }

    fn host(&self, plan: &Plan<Setup, Entry>) -> Box<dyn Host<Vectors>> {
        (self.nodes)(vec![(); plan.setup.nodes])
    }

    fn script(&self, plan: &Plan<Setup, Entry>, world: &mut World<Vectors>) -> Seen {
        let steps = plan.entries.iter().filter_map(|entry| match entry {
            Entry::Step(step) => Some(step.clone()),
            Entry::Compare(..) | Entry::Merge(..) => None,
        });
        let traffic = Traffic::play(&steps.collect::<Vec<_>>(), world);
        let late = plan.setup.late.map(|(first, _)| NodeId::new(first));
        let mut seen = Seen { traffic, compared: Vec::new(), merged: Vec::new(), late, questions: 0, afterwards: None };
        for entry in &plan.entries {
            let (one, other, request) = match entry {
                Entry::Step(_) => continue,
                Entry::Compare(one, other) => (one, other, Request::Compare(one.clone(), other.clone())),
                Entry::Merge(one, other) => (one, other, Request::Merge(one.clone(), other.clone())),
            };
            seen.ask(world, (one, other), request);
        }
        if seen.questions > 0 {
            seen.ask(world, (&Vector::default(), &Vector::default()), Request::Happen(1));
        }
        seen
    }
}

impl Seen {
    fn ask(&mut self, world: &mut World<Vectors>, (one, other): (&Vector, &Vector), request: Request) {
        self.questions += 1;
        let at_ms = self.traffic.end_ms() + self.questions as u64;
        world.input_at_ms(at_ms, NodeId::new(0), request, None);
        while let Some(happening) = world.next(at_ms) {
            let (one, other, at) = (one.clone(), other.clone(), happening.event);
            match happening.what {
                What::Output(Answer::Compared(answer)) => self.compared.push(Asked { one, other, answer, at }),
                What::Output(Answer::Merged(answer)) => self.merged.push(Asked { one, other, answer, at }),
                What::Output(Answer::Stamped(_, vector)) => self.afterwards = Some((vector, at)),
                _ => {}
            }
        }
    }
}
