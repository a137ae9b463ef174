//! A world of processes: nodes, what connects them, and everything that goes wrong.
//!
//! A world is driven from outside: whoever owns it lays faults and requests into it and then asks for what happens
//! [next](World::next), one happening at a time, looking at the nodes as they are at that instant. There are no callbacks, so
//! the script of an exercise reads from top to bottom, like the clients it plays.

use crate::choice::Choice;
use crate::disk::{Image, Keep};
use crate::engine::{Counts, Engine, Limits, Raw, Stop};
use crate::fault::Fault;
use crate::process::NodeId;
use crate::seam::{Host, Protocol};
use crate::trace::{EventId, Lane, Tone, Trace};

/// A node of a world, before the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The name of its lane; begins with what [`NodeId`] displays, or diagrams and faults would not go together.
    pub name: String,
    /// When it boots for the first time, in milliseconds.
    pub joins_ms: u64,
    /// Whether the world's driver plays it. Then no process runs there and messages to it are handed out.
    pub puppet: bool,
}

/// What is fixed for a run.
#[derive(Clone, Debug)]
pub struct Setup {
    /// Everything random comes from here.
    pub choice: Choice,
    /// The nodes.
    pub places: Vec<Place>,
    /// Names of the clients, each with a lane to the right of the nodes.
    pub clients: Vec<String>,
    /// The least and the greatest time a message takes on the calm network, in microseconds.
    pub latency_us: (u64, u64),
    /// Links that are longer than that, for nodes that stand far apart: from whom, to whom, and how much longer every
    /// message takes there, in microseconds.
    pub longer_us: Vec<(NodeId, NodeId, u64)>,
    /// Whether nobody will be told what happened: no words are found for it then.
    pub quiet: bool,
    /// How much may happen.
    pub limits: Limits,
}

impl Setup {
    /// So many nodes, all there from the start, on a network of 1 to 10 ms, without clients.
    pub fn of(choice: Choice, nodes: usize) -> Self {
        let place = |node| Place { name: NodeId::new(node).to_string(), joins_ms: 0, puppet: false };
        Setup {
            choice,
            places: (0..nodes).map(place).collect(),
            clients: Vec::new(),
            latency_us: (1_000, 10_000),
            longer_us: Vec::new(),
            quiet: false,
            limits: Limits::default(),
        }
    }
}

/// Something that happened.
pub struct Happening<X: Protocol> {
    /// When, in microseconds since the run began.
    pub at_us: u64,
    /// Where.
    pub node: NodeId,
    /// The event of the trace that shows it.
    pub event: EventId,
    /// What.
    pub what: What<X>,
}

impl<X: Protocol> Happening<X> {
    /// When, in milliseconds.
    pub fn at_ms(&self) -> u64 {
        self.at_us / 1000
    }
}

/// What may happen.
pub enum What<X: Protocol> {
    /// The node has booted, and its boot handler is through.
    Booted,
    /// A handler of the node is through: a message, a timer or a request. Its answers have been told before.
    Stepped,
    /// The node has told its clients something.
    Output(X::Output),
    /// The node has crashed.
    Crashed,
    /// A request reached nobody, for the node is down. It is given back.
    Refused,
    /// A message has reached a puppet.
    Intercepted {
        /// Who sent it.
        from: NodeId,
        /// What it says.
        message: X::Wire,
    },
    /// A time that was asked for by [`World::wake_at_ms`] has come.
    Woken(u64),
}

/// A world of one protocol's processes.
pub struct World<X: Protocol> {
    engine: Engine,
    host: Box<dyn Host<X>>,
    nodes: usize,
}

impl<X: Protocol> World<X> {
    /// A world at the beginning of a run.
    pub fn new(setup: Setup, mut host: Box<dyn Host<X>>) -> Self {
        host.expect_words(!setup.quiet);
        let names = setup.places.iter().map(|place| &place.name).chain(&setup.clients);
        let trace = Trace::new(names.cloned());
        let trace = if setup.quiet { trace.quietly() } else { trace };
        let puppets: Vec<bool> = setup.places.iter().map(|place| place.puppet).collect();
        let mut engine = Engine::new(setup.choice, trace, &puppets, setup.latency_us, setup.limits);
        for (from, to, by_us) in &setup.longer_us {
            engine.lengthen(*from, *to, *by_us);
        }
        for (node, place) in setup.places.iter().enumerate() {
            engine.boot_at(place.joins_ms * 1000, NodeId::new(node));
        }
        World { engine, host, nodes: setup.places.len() }
    }

    /// All nodes, those that are not there yet or no more included.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> + use<X> {
        (0..self.nodes).map(NodeId::new)
    }

    /// Now, in microseconds since the run began.
    pub fn now_us(&self) -> u64 {
        self.engine.now_us
    }

    /// Now, in milliseconds since the run began.
    pub fn now_ms(&self) -> u64 {
        self.engine.now_us / 1000
    }

    /// Lays a fault into the run. It must not lie in the past.
    pub fn inject(&mut self, fault: Fault) {
        self.engine.inject(fault);
    }

    /// At that time all faults end for good, and everybody who is down comes back, but for those who are down for good.
    pub fn heal_at_ms(&mut self, at_ms: u64) {
        self.engine.heal_at(at_ms * 1000);
    }

    /// A request reaches a node at that time: from one of the world's clients, by its place among them, or from nobody
    /// in particular.
    pub fn input_at_ms(&mut self, at_ms: u64, node: NodeId, input: X::Input, client: Option<usize>) {
        let client = client.map(|client| u16::try_from(client).expect("a run has few clients"));
        let input = self.host.put_input(input);
        self.engine.input_at(at_ms * 1000, node, input, client);
    }

    /// Has [`What::Woken`] happen at that time, with this number.
    pub fn wake_at_ms(&mut self, at_ms: u64, number: u64) {
        self.engine.wake_at(at_ms * 1000, number);
    }

    /// What happens next, if it does before `until_ms` is over; then, and when the run had to be [stopped](World::stopped),
    /// nothing does.
    pub fn next(&mut self, until_ms: u64) -> Option<Happening<X>> {
        let raw = self.engine.next(&mut *self.host, until_ms.saturating_mul(1000).saturating_add(999))?;
        let what = match raw.raw {
            Raw::Booted => What::Booted,
            Raw::Stepped => What::Stepped,
            Raw::Crashed => What::Crashed,
            Raw::Woken(number) => What::Woken(number),
            Raw::Output(output) => What::Output(self.host.take_output(output)),
            Raw::Refused(input) => {
                self.host.drop_input(input);
                What::Refused
            }
            Raw::Intercepted { from, message } => What::Intercepted { from, message: self.host.intercept(message) },
        };
        Some(Happening { at_us: raw.at_us, node: raw.node, event: raw.event, what })
    }

    /// Lets everything happen until that time, for whoever only wants to know how it ends.
    pub fn run_until_ms(&mut self, until_ms: u64) {
        while self.next(until_ms).is_some() {}
    }

    /// Whether the node runs or stands still, but is not down.
    pub fn is_up(&self, node: NodeId) -> bool {
        self.engine.is_up(node)
    }

    /// What can be observed of a node; nothing while it is down.
    pub fn view(&self, node: NodeId) -> Option<X::View> {
        self.host.view(node)
    }

    /// What the node's clock on the wall shows now, right or wrong, in milliseconds.
    pub fn clock_ms(&self, node: NodeId) -> u64 {
        self.engine.clock_us(node) / 1000
    }

    /// How long a node has been running since its last boot, on its own clock that never jumps, in milliseconds.
    pub fn elapsed_ms(&self, node: NodeId) -> u64 {
        self.engine.elapsed_us(node) / 1000
    }

    /// What would survive a crash of the node right now, for certain.
    pub fn disk(&self, node: NodeId) -> &Image {
        self.engine.disk(node).safe()
    }

    /// A puppet sends a message. Its links have faults like all others.
    ///
    /// # Panics
    ///
    /// If the contract does not fix the messages.
    pub fn puppet_send(&mut self, puppet: NodeId, to: NodeId, message: X::Wire) {
        let message = self.host.forge(message);
        self.engine.send(&mut *self.host, puppet, to, message);
    }

    /// Crashes a node now.
    pub fn crash(&mut self, node: NodeId, keep: Keep) {
        if self.engine.is_up(node) {
            self.engine.down(&mut *self.host, node, keep);
        }
    }

    /// Writes a remark on a node's lane.
    pub fn note(&mut self, node: NodeId, tone: Tone, text: impl Into<String>) -> EventId {
        self.engine.trace.note(self.engine.now_us, Lane(node.index() as u16), tone, text)
    }

    /// Writes a remark on a client's lane.
    pub fn note_at_client(&mut self, client: usize, tone: Tone, text: impl Into<String>) -> EventId {
        self.engine.trace.note(self.engine.now_us, Lane((self.nodes + client) as u16), tone, text)
    }

    /// What happened so far, in numbers.
    pub fn counts(&self) -> Counts {
        self.engine.counts
    }

    /// How many messages a node has sent to another so far, those that were lost included.
    pub fn sent(&self, from: NodeId, to: NodeId) -> u32 {
        self.engine.sent(from, to)
    }

    /// Why the run had to be stopped, if it had to.
    pub fn stopped(&self) -> Option<Stop> {
        self.engine.stopped
    }

    /// The trace up to now, without asking the nodes anything.
    pub fn take_unsealed_trace(&mut self) -> Trace {
        std::mem::take(&mut self.engine.trace)
    }

    /// The trace up to now, with a fingerprint that knows the states of all nodes.
    pub fn take_trace(&mut self) -> Trace {
        self.engine.seal(&*self.host);
        std::mem::take(&mut self.engine.trace)
    }
}
