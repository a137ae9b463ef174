//! Nodes, clients and faults, and what is seen of them.

use std::collections::BTreeMap;
use std::fmt;

use explore::Plan;
use harness::NodeId;
use harness::processes::Cluster;
use sim::seam::Host;
use sim::{Choice, EventId, Fault, Span, What, World};

use super::contract::{AGREED_MS, Answer, Counting, Request};

/// Makes the learner's nodes, so many.
pub type Nodes = fn(usize) -> Box<dyn Host<Counting>>;

/// How many nodes there are, and when the last trouble is over, in milliseconds.
#[derive(Clone, Debug)]
pub struct Setup {
    pub nodes: usize,
    pub heal_ms: u64,
}

/// A step of the workload, or a fault.
#[derive(Clone, Debug)]
pub enum Entry {
    /// Up if positive.
    Change {
        node: NodeId,
        by: i64,
        at_ms: u64,
    },
    Read {
        node: NodeId,
        at_ms: u64,
    },
    Fault(Fault),
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Change { node, by, at_ms } if *by < 0 => {
                write!(out, "{node} is to count {} down at {at_ms} ms", by.unsigned_abs())
            }
            Entry::Change { node, by, at_ms } => write!(out, "{node} is to count {by} up at {at_ms} ms"),
            Entry::Read { node, at_ms } => write!(out, "{node} is asked for the value at {at_ms} ms"),
            Entry::Fault(fault) => fault.fmt(out),
        }
    }
}

/// A change that a client has asked for.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    pub node: NodeId,
    pub by: i64,
    pub at_ms: u64,
    pub done: bool,
    /// Nobody was there to take it.
    pub refused: bool,
}

/// A value that a node has answered with.
#[derive(Clone, Debug)]
pub struct Read {
    pub node: NodeId,
    pub value: i64,
    /// The changes that were done when it was asked for.
    pub done: Vec<u32>,
    pub at_ms: u64,
    pub at: EventId,
}

/// What a play leaves behind.
#[derive(Debug, Default)]
pub struct Seen {
    /// By number.
    pub changes: BTreeMap<u32, Change>,
    /// Before the end.
    pub reads: Vec<Read>,
    /// One of each node, after all trouble is over and everybody has had time.
    pub last_reads: Vec<Read>,
    /// Requests to nodes that were up, with how many answers they got before their handler ended.
    pub answers: Vec<Answered>,
    /// The link on which the most was sent while there was nothing to say, and how many messages.
    pub busiest_idle: Option<(NodeId, NodeId, u64)>,
    pub nodes: usize,
    /// When somebody was cut off.
    pub cut_off: Vec<Span>,
}

/// A request and its answers.
#[derive(Clone, Debug)]
pub struct Answered {
    pub node: NodeId,
    pub request: Request,
    pub at_ms: u64,
    /// Those that came from there and then.
    pub answers: Vec<Answer>,
    /// How many others there were.
    pub elsewhere: usize,
    pub at: Option<EventId>,
}

/// How long idle nodes are watched, in milliseconds.
pub const WATCH_MS: u64 = 1_000;

/// Shops that count the visitors of the whole chain.
pub struct Shops {
    pub nodes: Nodes,
}

impl Cluster for Shops {
    type Protocol = Counting;
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Entry>, choice: Choice) -> sim::Setup {
        sim::Setup::of(choice, plan.setup.nodes)
    }

    fn host(&self, plan: &Plan<Setup, Entry>) -> Box<dyn Host<Counting>> {
        (self.nodes)(plan.setup.nodes)
    }

    fn script(&self, plan: &Plan<Setup, Entry>, world: &mut World<Counting>) -> Seen {
        let mut seen = Seen { nodes: plan.setup.nodes, ..Seen::default() };
        for (number, entry) in (1..).zip(&plan.entries) {
            seen.lay(number, entry, world);
        }
        world.heal_at_ms(plan.setup.heal_ms);
        let agreed_ms = plan.setup.heal_ms + AGREED_MS;
        seen.run(world, agreed_ms - 1);
        let before = seen.reads.len();
        for node in world.nodes() {
            let number = LAST_READS + node.index() as u32;
            seen.ask(node, Request::Read { number }, agreed_ms, world);
        }
        seen.run(world, agreed_ms);
        seen.last_reads = seen.reads.split_off(before);
        let sent = sent_by_link(world);
        seen.run(world, agreed_ms + WATCH_MS);
        let idle =
            sent_by_link(world).into_iter().zip(sent).map(|((from, to, now), (_, _, then))| (from, to, now - then));
        seen.busiest_idle = idle.max_by_key(|(.., messages)| *messages);
        seen
    }
}

/// How many messages were sent so far, from each node to each other.
fn sent_by_link(world: &World<Counting>) -> Vec<(NodeId, NodeId, u64)> {
    let links = world.nodes().flat_map(|from| world.nodes().map(move |to| (from, to)));
    let links = links.filter(|(from, to)| from != to);
    links.map(|(from, to)| (from, to, u64::from(world.sent(from, to)))).collect()
}

/// Requests with this number and above are the last ones.
const LAST_READS: u32 = 1_000_000;

impl Seen {
    fn lay(&mut self, number: u32, entry: &Entry, world: &mut World<Counting>) {
        match entry {
            Entry::Change { node, by, at_ms } => {
                let change = Change { node: *node, by: *by, at_ms: *at_ms, done: false, refused: false };
                self.changes.insert(number, change);
                let request = match *by {
                    ..0 => Request::Down { number, by: by.unsigned_abs() },
                    _ => Request::Up { number, by: by.unsigned_abs() },
                };
                self.ask(*node, request, *at_ms, world);
            }
            Entry::Read { node, at_ms } => self.ask(*node, Request::Read { number }, *at_ms, world),
            Entry::Fault(fault) => {
                if let Fault::Split { span, .. } = fault {
                    self.cut_off.push(*span);
                }
                world.inject(fault.clone());
            }
        }
    }

    fn ask(&mut self, node: NodeId, request: Request, at_ms: u64, world: &mut World<Counting>) {
        let (answers, elsewhere) = (Vec::new(), 0);
        self.answers.push(Answered { node, request: request.clone(), at_ms, answers, elsewhere, at: None });
        world.input_at_ms(at_ms, node, request, None);
    }

    fn run(&mut self, world: &mut World<Counting>, until_ms: u64) {
        while let Some(happening) = world.next(until_ms) {
            let (node, at_ms, at) = (happening.node, happening.at_ms(), happening.event);
            match happening.what {
                What::Output(answer) => self.answered(node, at_ms, at, answer),
                What::Refused => {
                    for change in self.changes.values_mut() {
                        change.refused |= change.node == node && change.at_ms == at_ms;
                    }
                    self.answers.retain(|asked| asked.node != node || asked.at_ms != at_ms);
                }
                _ => {}
            }
        }
    }

    fn answered(&mut self, node: NodeId, at_ms: u64, at: EventId, answer: Answer) {
        let number = match answer {
            Answer::Done { number } => {
                // Whoever hears a word of a change that is still to be asked for has heard nothing.
                if let Some(change) = self.changes.get_mut(&number) {
                    change.done |= change.node == node && change.at_ms <= at_ms;
                }
                number
            }
            Answer::Value { number, value } => {
                let done = self.changes.iter().filter(|(_, change)| change.done && change.node == node);
                let done = done.map(|(number, _)| *number).collect();
                self.reads.push(Read { node, value, done, at_ms, at });
                number
            }
        };
        let Some(asked) = self.answers.iter_mut().find(|asked| number_of(&asked.request) == number) else { return };
        asked.at = Some(at);
        if asked.node == node && asked.at_ms == at_ms {
            asked.answers.push(answer);
        } else {
            asked.elsewhere += 1;
        }
    }
}

fn number_of(request: &Request) -> u32 {
    match request {
        Request::Up { number, .. } | Request::Down { number, .. } | Request::Read { number } => *number,
    }
}
