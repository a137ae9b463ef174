//! Nodes with a register, clients that use it, and what the clients see.

use std::collections::{BTreeMap, VecDeque};
use std::fmt;

use explore::Plan;
use harness::NodeId;
use harness::processes::{Cluster, Nodes};
use sim::seam::Host;
use sim::{Choice, EventId, Fault, Tone, What, World};

use super::contract::{Answer, Config, Operation, Outcome, PROMPT_MS, Registering, Request, RequestId};

/// What is fixed for a run.
#[derive(Clone, Debug)]
pub struct Setup {
    pub nodes: usize,
    pub clients: u16,
    /// How long a message takes on the calm network, in microseconds: at least and at most.
    pub latency_us: (u64, u64),
    /// When all faults end.
    pub heal_ms: u64,
    /// When the run ends.
    pub end_ms: u64,
    /// From when on every node that is asked something, and lives, can work with a majority. Nothing where that is not
    /// looked at.
    pub able_ms: Option<u64>,
}

/// One request. A client that still waits for an answer does not make it.
#[derive(Clone, Copy, Debug)]
pub struct Call {
    pub client: u16,
    pub node: NodeId,
    pub at_ms: u64,
    pub operation: Operation,
}

/// One request of a client that makes its next one when it has the answer to its last.
#[derive(Clone, Copy, Debug)]
pub struct Turn {
    pub client: u16,
    pub node: NodeId,
    /// Not sooner.
    pub from_ms: u64,
    pub operation: Operation,
}

/// How long a client waits for an answer before it goes on without.
const PATIENCE_MS: u64 = 120;

/// A step of the workload, or a fault.
#[derive(Clone, Debug)]
pub enum Entry {
    Calls(Vec<Call>),
    Turn(Turn),
    Fault(Fault),
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Calls(calls) => calls.iter().enumerate().try_for_each(|(place, call)| {
                let Call { client, node, at_ms, operation } = call;
                write!(out, "{}c{client}: {operation} at {node} at {at_ms} ms", if place > 0 { ", " } else { "" })
            }),
            Entry::Turn(Turn { client, node, from_ms, operation }) => {
                write!(out, "c{client}, when it is free, from {from_ms} ms on: {operation} at {node}")
            }
            Entry::Fault(fault) => fault.fmt(out),
        }
    }
}

/// A request, and what became of it.
#[derive(Clone, Copy, Debug)]
pub struct Asked {
    pub request: Request,
    pub node: NodeId,
    pub at_us: u64,
    /// The node was down.
    pub down: bool,
    /// The first answer that came from the right node and was of the right kind.
    pub answered: Option<Answered>,
    /// Where it is seen that there was no answer in time, although the node could have given one.
    pub overdue: Option<EventId>,
}

/// The first right answer to a request.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    pub outcome: Outcome,
    pub at_us: u64,
    /// Its place among everything that clients did and saw.
    pub place: usize,
    pub event: EventId,
}

/// An answer that nobody can have asked for.
#[derive(Clone, Debug)]
pub struct Stray {
    pub node: NodeId,
    pub answer: Answer,
    pub why: String,
    pub event: EventId,
}

/// What a play leaves behind.
#[derive(Debug, Default)]
pub struct Seen {
    pub nodes: usize,
    pub able_ms: Option<u64>,
    pub end_ms: u64,
    /// In the order in which they were made; with the place of each among everything that clients did and saw.
    pub asked: Vec<(usize, Asked)>,
    pub strays: Vec<Stray>,
    /// Where and when nodes have crashed.
    pub crashes: Vec<(NodeId, u64)>,
    /// Messages sent, those to oneself not counted.
    pub sent: u64,
}

/// Nodes that are one register.
pub struct Replicas {
    pub nodes: Nodes<Registering>,
}

impl Cluster for Replicas {
    type Protocol = Registering;
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Entry>, choice: Choice) -> sim::Setup {
        let clients = (1..=plan.setup.clients).map(|client| format!("c{client}")).collect();
        sim::Setup { clients, latency_us: plan.setup.latency_us, ..sim::Setup::of(choice, plan.setup.nodes) }
    }

    fn host(&self, plan: &Plan<Setup, Entry>) -> Box<dyn Host<Registering>> {
        let config = Config { round_trip_ms: 2 * plan.setup.latency_us.1.div_ceil(1_000) };
        (self.nodes)(vec![config; plan.setup.nodes])
    }

    fn script(&self, plan: &Plan<Setup, Entry>, world: &mut World<Registering>) -> Seen {
        let mut script = Script::new(&plan.setup);
        for entry in &plan.entries {
            script.lay(entry, world);
        }
        world.heal_at_ms(plan.setup.heal_ms);
        while let Some(happening) = world.next(plan.setup.end_ms) {
            let (node, at_us, event) = (happening.node, happening.at_us, happening.event);
            match happening.what {
                What::Woken(number) => script.wake(number, world),
                What::Output(answer) => script.answer(node, answer, event, world),
                What::Crashed => script.seen.crashes.push((node, at_us)),
                What::Booted | What::Stepped | What::Refused | What::Intercepted { .. } => {}
            }
        }
        script.seen.sent = world.counts().sent;
        script.seen
    }
}

/// What a client is woken for.
#[derive(Clone, Copy)]
enum Plot {
    /// To make this request.
    Call(Call),
    /// To take its next turn.
    Go(u16),
    /// To go on without the answer to a request, if there is none yet.
    GiveUp(RequestId),
    /// To have had an answer by now.
    Due(RequestId),
}

/// The turns of a client.
#[derive(Default)]
struct Course {
    turns: VecDeque<Turn>,
    waits_for: Option<RequestId>,
}

struct Script {
    seen: Seen,
    plots: Vec<Plot>,
    courses: BTreeMap<u16, Course>,
    /// How many requests each client has made.
    requests: Vec<u32>,
    /// The place of each request in `seen.asked`.
    places: BTreeMap<RequestId, usize>,
    /// How much clients have done and seen.
    moments: usize,
}

impl Script {
    fn new(setup: &Setup) -> Self {
        let seen = Seen { nodes: setup.nodes, able_ms: setup.able_ms, end_ms: setup.end_ms, ..Seen::default() };
        let requests = vec![0; usize::from(setup.clients) + 1];
        Script { seen, plots: Vec::new(), courses: BTreeMap::new(), requests, places: BTreeMap::new(), moments: 0 }
    }

    fn lay(&mut self, entry: &Entry, world: &mut World<Registering>) {
        match entry {
            Entry::Calls(calls) => calls.iter().for_each(|call| self.plot(call.at_ms, Plot::Call(*call), world)),
            Entry::Turn(turn) => {
                let course = self.courses.entry(turn.client).or_default();
                course.turns.push_back(*turn);
                if course.turns.len() == 1 {
                    self.plot(turn.from_ms, Plot::Go(turn.client), world);
                }
            }
            Entry::Fault(fault) => world.inject(fault.clone()),
        }
    }

    fn plot(&mut self, at_ms: u64, plot: Plot, world: &mut World<Registering>) {
        world.wake_at_ms(at_ms, self.plots.len() as u64);
        self.plots.push(plot);
    }

    fn moment(&mut self) -> usize {
        self.moments += 1;
        self.moments - 1
    }

    fn wake(&mut self, number: u64, world: &mut World<Registering>) {
        match self.plots[number as usize] {
            Plot::Call(Call { client, node, operation, .. }) => {
                if !self.waits(client, world.now_us()) {
                    self.ask(client, node, operation, world);
                }
            }
            Plot::Go(client) => self.go(client, world),
            Plot::GiveUp(id) => self.go_on(id, world),
            Plot::Due(id) => self.due(id, world),
        }
    }

    fn ask(&mut self, client: u16, node: NodeId, operation: Operation, world: &mut World<Registering>) -> RequestId {
        let number = &mut self.requests[usize::from(client)];
        *number += 1;
        let id = RequestId { client, number: *number };
        let request = Request { id, operation };
        let place = self.moment();
        self.places.insert(id, self.seen.asked.len());
        let asked =
            Asked { request, node, at_us: world.now_us(), down: !world.is_up(node), answered: None, overdue: None };
        self.seen.asked.push((place, asked));
        if let Some(able_ms) = self.seen.able_ms {
            self.plot(world.now_ms().max(able_ms) + PROMPT_MS + 1, Plot::Due(id), world);
        }
        world.input_at_ms(world.now_ms(), node, request, Some(usize::from(client) - 1));
        id
    }

    /// Whether a client still hopes for the answer to its last request; then it asks for nothing else.
    fn waits(&self, client: u16, now_us: u64) -> bool {
        let mut asked = self.seen.asked.iter().rev().map(|(_, asked)| asked);
        let last = asked.find(|asked| asked.request.id.client == client);
        last.is_some_and(|last| last.answered.is_none() && now_us - last.at_us < PATIENCE_MS * 1_000)
    }

    /// The client takes its next turn.
    fn go(&mut self, client: u16, world: &mut World<Registering>) {
        let course = self.courses.get_mut(&client).expect("it has turns");
        let Some(Turn { node, operation, .. }) = course.turns.pop_front() else { return };
        let id = self.ask(client, node, operation, world);
        self.courses.entry(client).or_default().waits_for = Some(id);
        self.plot(world.now_ms() + PATIENCE_MS, Plot::GiveUp(id), world);
    }

    /// The client waits for that answer no more; if it has turns, the next one may come.
    fn go_on(&mut self, id: RequestId, world: &mut World<Registering>) {
        let Some(course) = self.courses.get_mut(&id.client) else { return };
        if course.waits_for != Some(id) {
            return;
        }
        course.waits_for = None;
        if let Some(next) = course.turns.front() {
            let at_ms = next.from_ms.max(world.now_ms());
            self.plot(at_ms, Plot::Go(id.client), world);
        }
    }

    /// A request should have had its answer, unless its node has crashed.
    fn due(&mut self, id: RequestId, world: &mut World<Registering>) {
        let asked = &mut self.seen.asked[self.places[&id]].1;
        let crashed = self.seen.crashes.iter().any(|(node, at_us)| *node == asked.node && *at_us >= asked.at_us);
        if asked.answered.is_none() && !asked.down && !crashed {
            let words = format!("{} is not answered in time", asked.request.id);
            asked.overdue = Some(world.note(asked.node, Tone::Bad, words));
        }
    }

    fn answer(&mut self, node: NodeId, answer: Answer, event: EventId, world: &mut World<Registering>) {
        let place = self.moment();
        let stray = match self.places.get(&answer.id).map(|place| &mut self.seen.asked[*place].1) {
            None => Some("nobody has made such a request".to_owned()),
            Some(asked) if asked.node != node => Some(format!("it was asked of {}", asked.node)),
            Some(asked) if asked.answered.is_some() => Some("it was answered before".to_owned()),
            Some(asked) if !fits(asked.request.operation, answer.outcome) => {
                Some(format!("it was `{}`", asked.request.operation))
            }
            Some(asked) => {
                asked.answered = Some(Answered { outcome: answer.outcome, at_us: world.now_us(), place, event });
                None
            }
        };
        if let Some(why) = stray {
            world.note(node, Tone::Bad, format!("a wrong answer: {why}"));
            self.seen.strays.push(Stray { node, answer, why, event });
            return;
        }
        self.go_on(answer.id, world);
    }
}

fn fits(operation: Operation, outcome: Outcome) -> bool {
    matches!(operation, Operation::Read) == matches!(outcome, Outcome::Value(_))
}
