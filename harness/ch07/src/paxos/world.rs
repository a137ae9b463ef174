//! Requests and faults, and what is seen of the nodes.

use std::fmt;

use explore::Plan;
use harness::NodeId;
use harness::processes::{self, Nodes};
use sim::disk::Keep;
use sim::seam::Host;
use sim::{Choice, EventId, Fault, Span, Tone, What, When, World};

use super::contract::{Decided, Deciding, Propose, Value};

/// What is fixed for a run.
#[derive(Clone, Debug)]
pub struct Setup {
    pub nodes: usize,
    /// The least and the greatest time a message takes, in microseconds.
    pub latency_us: (u64, u64),
    /// Whether n1 and n2 stand side by side and the others 20 ms away from them.
    pub apart: bool,
    /// All faults are over then.
    pub heal_ms: u64,
    /// The run ends then.
    pub end_ms: u64,
}

/// A request, or something that goes wrong.
#[derive(Clone, Debug)]
pub enum Entry {
    /// A client asks a node.
    Propose { node: NodeId, value: Value, at_ms: u64 },
    /// Some nodes are cut off up to a moment, and others from then on.
    Handover { first: Vec<NodeId>, then: Vec<NodeId>, change_ms: u64, until_ms: u64 },
    /// All nodes crash at once.
    PowerCut { at_ms: u64, back_after_ms: u64, keep: Keep },
    /// Anything else.
    Fault(Fault),
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Propose { node, value, at_ms } => write!(out, "{node} is asked to propose {value} at {at_ms} ms"),
            Entry::Handover { first, then, change_ms, until_ms } => {
                let (first, then) = (names(first), names(then));
                write!(out, "{first} cut off from the others until {change_ms} ms, then {then} until {until_ms} ms")
            }
            Entry::PowerCut { at_ms, back_after_ms, keep } => {
                write!(out, "all nodes lose power at {at_ms} ms and are back {back_after_ms} ms later")?;
                match keep {
                    Keep::Nothing => Ok(()),
                    _ => out.write_str("; their disks keep some of what was not synced"),
                }
            }
            Entry::Fault(fault) => fault.fmt(out),
        }
    }
}

/// `n1 is`, `n1 and n2 are`.
fn names(nodes: &[NodeId]) -> String {
    let verb = if nodes.len() == 1 { "is" } else { "are" };
    let names: Vec<String> = nodes.iter().map(NodeId::to_string).collect();
    format!("{} {verb}", names.join(" and "))
}

impl Entry {
    /// The faults that the world knows it as.
    fn faults(&self, nodes: usize) -> Vec<Fault> {
        match self {
            Entry::Propose { .. } => Vec::new(),
            Entry::Handover { first, then, change_ms, until_ms } => vec![
                Fault::Split { side: first.clone(), span: Span::new(0, *change_ms) },
                Fault::Split { side: then.clone(), span: Span::new(*change_ms, *until_ms) },
            ],
            Entry::PowerCut { at_ms, back_after_ms, keep } => {
                let crash = |node| Fault::Crash {
                    node: NodeId::new(node),
                    when: When::At(*at_ms),
                    back_after_ms: Some(*back_after_ms),
                    keep: *keep,
                };
                (0..nodes).map(crash).collect()
            }
            Entry::Fault(fault) => vec![fault.clone()],
        }
    }
}

/// A request that reached a node.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub node: NodeId,
    pub value: Value,
    pub at_ms: u64,
    /// How often the node had crashed before.
    pub crashes: usize,
    /// A remark at the end of the node's lane, if the node has not crashed since and has told no decision since.
    pub unanswered: Option<EventId>,
}

/// A decision that a node has told.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    pub node: NodeId,
    pub value: Value,
    pub at_ms: u64,
    /// How often the node had crashed before.
    pub crashes: usize,
    pub at: EventId,
}

/// What a play leaves behind.
#[derive(Debug)]
pub struct Seen {
    pub setup: Setup,
    pub entries: Vec<Entry>,
    /// In the order in which they came.
    pub asked: Vec<Asked>,
    /// In the order in which they were told; nothing after two that differ.
    pub told: Vec<Told>,
    /// By node, how often each has crashed.
    pub crashes: Vec<usize>,
    /// By node, whether it was up at the end.
    pub up: Vec<bool>,
    /// By node, a remark at the end of its lane if it was up and had never told a decision.
    pub silent: Vec<Option<EventId>>,
    /// How many messages the nodes have sent each other.
    pub sent: u64,
}

/// Nodes that decide.
pub struct Cluster {
    pub nodes: Nodes<Deciding>,
}

impl processes::Cluster for Cluster {
    type Protocol = Deciding;
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Entry>, choice: Choice) -> sim::Setup {
        let Setup { nodes, latency_us, apart, .. } = plan.setup;
        let longer_us = if apart { apart_us(nodes) } else { Vec::new() };
        sim::Setup { latency_us, longer_us, ..sim::Setup::of(choice, nodes) }
    }

    fn host(&self, plan: &Plan<Setup, Entry>) -> Box<dyn Host<Deciding>> {
        (self.nodes)(vec![(); plan.setup.nodes])
    }

    fn script(&self, plan: &Plan<Setup, Entry>, world: &mut World<Deciding>) -> Seen {
        let nodes = plan.setup.nodes;
        for entry in &plan.entries {
            entry.faults(nodes).into_iter().for_each(|fault| world.inject(fault));
        }
        // Whoever is asked at the moment of the healing is asked in the calm.
        world.heal_at_ms(plan.setup.heal_ms);
        let mut requests = Vec::new();
        for entry in &plan.entries {
            if let Entry::Propose { node, value, at_ms } = *entry {
                // The world says when a request could not be made, not which: so each is made when its time has come.
                world.wake_at_ms(at_ms, requests.len() as u64);
                requests.push((node, value));
            }
        }
        let mut seen = Seen {
            setup: plan.setup.clone(),
            entries: plan.entries.clone(),
            asked: Vec::new(),
            told: Vec::new(),
            crashes: vec![0; nodes],
            up: vec![true; nodes],
            silent: vec![None; nodes],
            sent: 0,
        };
        seen.watch(world, &requests);
        seen
    }
}

/// The first two nodes are 20 ms away from the others.
fn apart_us(nodes: usize) -> Vec<(NodeId, NodeId, u64)> {
    let far = (2..nodes).flat_map(|far| (0..2).map(move |near| (NodeId::new(near), NodeId::new(far))));
    far.flat_map(|(near, far)| [(near, far, 20_000), (far, near, 20_000)]).collect()
}

impl Seen {
    fn watch(&mut self, world: &mut World<Deciding>, requests: &[(NodeId, Value)]) {
        while let Some(happening) = world.next(self.setup.end_ms) {
            let (node, at_ms) = (happening.node, happening.at_ms());
            match happening.what {
                What::Woken(number) => {
                    let (node, value) = requests[number as usize];
                    let crashes = self.crashes[node.index()];
                    self.asked.push(Asked { node, value, at_ms, crashes, unanswered: None });
                    world.input_at_ms(at_ms, node, Propose(value), None);
                }
                What::Output(Decided(value)) => {
                    let crashes = self.crashes[node.index()];
                    self.told.push(Told { node, value, at_ms, crashes, at: happening.event });
                    let first = self.told[0];
                    if first.value != value {
                        let who = if first.node == node { "it".to_owned() } else { first.node.to_string() };
                        world.note(node, Tone::Bad, format!("but {who} had decided {}", first.value));
                        return;
                    }
                }
                What::Refused => self.asked.retain(|asked| (asked.node, asked.at_ms) != (node, at_ms)),
                What::Crashed => self.crashes[node.index()] += 1,
                _ => {}
            }
        }
        self.sent = world.counts().sent;
        self.look_back(world);
    }

    /// Remarks on what never came.
    fn look_back(&mut self, world: &mut World<Deciding>) {
        for asked in &mut self.asked {
            let answers = |told: &&Told| told.node == asked.node && told.at_ms >= asked.at_ms;
            let crashed = self.crashes[asked.node.index()] != asked.crashes;
            if !crashed && self.told.iter().find(answers).is_none() {
                let text = format!("still no answer to who asked for {}", asked.value);
                asked.unanswered = Some(world.note(asked.node, Tone::Bad, text));
            }
        }
        for node in world.nodes() {
            self.up[node.index()] = world.is_up(node);
            if world.is_up(node) && self.told.iter().all(|told| told.node != node) {
                self.silent[node.index()] = Some(world.note(node, Tone::Bad, "has told no decision"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_read_as_sentences() {
        let n = NodeId::new;
        let told = [
            (Entry::Propose { node: n(0), value: Value(7), at_ms: 10 }, "n1 is asked to propose value 7 at 10 ms"),
            (
                Entry::Handover { first: vec![n(0)], then: vec![n(3), n(4)], change_ms: 100, until_ms: 600 },
                "n1 is cut off from the others until 100 ms, then n4 and n5 are until 600 ms",
            ),
            (
                Entry::PowerCut { at_ms: 60, back_after_ms: 20, keep: Keep::Nothing },
                "all nodes lose power at 60 ms and are back 20 ms later",
            ),
        ];
        for (entry, words) in told {
            assert_eq!(entry.to_string(), words);
        }
    }

    #[test]
    fn the_first_two_nodes_are_near_each_other_and_far_from_the_rest() {
        let far = apart_us(4);
        let pairs: Vec<(usize, usize)> = far.iter().map(|(from, to, _)| (from.index(), to.index())).collect();
        assert_eq!(pairs, [(0, 2), (2, 0), (1, 2), (2, 1), (0, 3), (3, 0), (1, 3), (3, 1)]);
    }
}
