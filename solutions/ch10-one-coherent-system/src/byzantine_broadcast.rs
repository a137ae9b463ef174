//! One word among liars.
//!
//! Contract: `ch10::byzantine_broadcast`. Lesson: `cargo xtask lesson byzantine_broadcast`.

// learner: begin
use std::collections::{BTreeMap, BTreeSet};

// learner: end
use ch10::byzantine_broadcast::{Ask, ByzantineBroadcast, Config, Deliver, Message};
// learner: begin
use ch10::byzantine_broadcast::{Broadcast, Value};
// learner: end
use harness::{Context, NodeId, Process};

/// What a node remembers.
#[derive(Clone, Hash)]
pub struct Node {
    // learner: begin
    // learner: | // What has to be known of each broadcast?
    faults: usize,
    broadcasts: BTreeMap<Broadcast, State>,
    // learner: end
}

// learner: begin
/// How far a broadcast has come here.
#[derive(Clone, Default, Hash)]
struct State {
    echoes: Votes,
    readies: Votes,
    echoed: bool,
    ready: bool,
    delivered: bool,
}

/// Who stands by which value. A vote counts once, however often it comes.
#[derive(Clone, Default, Hash)]
struct Votes(BTreeMap<Value, BTreeSet<NodeId>>);

impl Votes {
    /// How many stand by this value now.
    fn count(&mut self, voter: NodeId, value: Value) -> usize {
        let voters = self.0.entry(value).or_default();
        voters.insert(voter);
        voters.len()
    }
}
// learner: end

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Ask;
    type Output = Deliver;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("begin with nothing heard")
        Node { faults: context.config().faults, broadcasts: BTreeMap::new() }
        // learner: end
    }

    fn on_input(&mut self, ask: Ask, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (ask, context);
        // learner: | todo!("tell everybody, yourself included")
        let broadcast = Broadcast { origin: context.me(), number: ask.number };
        to_all(Message::Init(broadcast, ask.value), context);
        // learner: end
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (from, context);
        // learner: | match message {
        // learner: |     Message::Init(_broadcast, _value) => todo!("whose word is this, and whom does it concern?"),
        // learner: |     Message::Echo(_broadcast, _value) => todo!("how many stand by it?"),
        // learner: |     Message::Ready(_broadcast, _value) => todo!("how many are ready?"),
        // learner: | }
        match message {
            Message::Init(broadcast, value) => self.on_init(from, broadcast, value, context),
            Message::Echo(broadcast, value) => self.on_echo(from, broadcast, value, context),
            Message::Ready(broadcast, value) => self.on_ready(from, broadcast, value, context),
        }
        // learner: end
    }

    fn on_timer(&mut self, (): (), _context: &mut Context<'_, Self>) {}
}

// learner: begin
impl Node {
    fn on_init(&mut self, from: NodeId, broadcast: Broadcast, value: Value, context: &mut Context<'_, Self>) {
        let state = self.broadcasts.entry(broadcast).or_default();
        // Only the link says for certain who speaks.
        if from != broadcast.origin || state.echoed {
            return;
        }
        state.echoed = true;
        to_all(Message::Echo(broadcast, value), context);
    }

    fn on_echo(&mut self, from: NodeId, broadcast: Broadcast, value: Value, context: &mut Context<'_, Self>) {
        // Any two sets of so many share more than f nodes, so a correct one, and that echoes one value only.
        let quorum = (context.node_count() + self.faults) / 2 + 1;
        let state = self.broadcasts.entry(broadcast).or_default();
        if state.echoes.count(from, value) >= quorum {
            state.become_ready(broadcast, value, context);
        }
    }

    fn on_ready(&mut self, from: NodeId, broadcast: Broadcast, value: Value, context: &mut Context<'_, Self>) {
        let state = self.broadcasts.entry(broadcast).or_default();
        let count = state.readies.count(from, value);
        // One of f + 1 is correct. Whoever delivers has heard f + 1 correct ones, and so will everybody else.
        if count > self.faults {
            state.become_ready(broadcast, value, context);
        }
        if count > 2 * self.faults && !state.delivered {
            state.delivered = true;
            context.output(Deliver { broadcast, value });
        }
    }
}

impl State {
    fn become_ready(&mut self, broadcast: Broadcast, value: Value, context: &mut Context<'_, Node>) {
        if !self.ready {
            self.ready = true;
            to_all(Message::Ready(broadcast, value), context);
        }
    }
}

/// To oneself, too: one's own vote is one of those that count.
fn to_all(message: Message, context: &mut Context<'_, Node>) {
    for node in context.nodes() {
        context.send(node, message);
    }
}
// learner: end

impl ByzantineBroadcast for Node {}
