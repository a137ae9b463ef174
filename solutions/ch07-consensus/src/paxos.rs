//! One decision.
//!
//! Contract: `ch07::paxos`. Lesson: `cargo xtask lesson paxos`.

// learner: begin
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

// learner: end
use ch07::paxos::{Decided, Paxos, Propose};
// learner: begin
use ch07::paxos::Value;
// learner: end
use harness::{Context, NodeId, Process};
// learner: begin
use rand::RngExt;
// learner: end
use serde::{Deserialize, Serialize};

// learner: begin
/// Names an attempt: no two attempts of anybody share one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Ballot {
    round: u32,
    node: NodeId,
}

impl fmt::Debug for Ballot {
    /// Short, for the diagrams.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}.{}", self.round, self.node)
    }
}

/// What an acceptor must never forget.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Acceptor {
    promised: Option<Ballot>,
    accepted: Option<(Ballot, Value)>,
}

/// How far an attempt has come. An answer counts once for each node that gave it.
#[derive(Clone, Debug, Hash)]
enum Phase {
    Idle,
    /// Who has promised, and what each had accepted before.
    Preparing(BTreeMap<NodeId, Option<(Ballot, Value)>>),
    /// The value, and who has accepted it.
    Accepting(Value, BTreeSet<NodeId>),
}

/// How long an attempt may take before there is another, in milliseconds: two rounds of the slowest messages.
const ATTEMPT_MS: u64 = 120;
// learner: end

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // learner: begin
    // learner: | // Two phases, a question and an answer each. What else?
    Prepare { ballot: Ballot },
    Promise { ballot: Ballot, accepted: Option<(Ballot, Value)> },
    Accept { ballot: Ballot, value: Value },
    Accepted { ballot: Ballot },
    Refused { promised: Ballot },
    Chosen { value: Value },
    // learner: end
}

/// What tells one timer of a node from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // learner: begin
    // learner: | // When is it time to try again?
    TryAgain,
    // learner: end
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // learner: begin
    // learner: | // What does an acceptor have to know? A proposer? A learner?
    acceptor: Acceptor,
    /// What the proposer was asked for.
    wanted: Option<Value>,
    ballot: Option<Ballot>,
    phase: Phase,
    /// How many attempts have come to nothing.
    failures: u32,
    /// The highest round that others were heard to have promised.
    round: u32,
    decided: Option<Value>,
    // learner: end
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Propose;
    type Output = Decided;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("begin, or begin again after a crash")
        let acceptor = context.disk().read("acceptor").unwrap_or_default();
        Node { acceptor, wanted: None, ballot: None, phase: Phase::Idle, failures: 0, round: 0, decided: None }
        // learner: end
    }

    fn on_input(&mut self, Propose(value): Propose, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (value, context);
        // learner: | todo!("ask the others for a promise")
        match self.decided {
            Some(value) => self.tell(value, context),
            None if self.wanted.is_some() => {}
            None => {
                self.wanted = Some(value);
                self.attempt(context);
            }
        }
        // learner: end
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (from, context);
        // learner: | match message {}
        match message {
            Message::Prepare { ballot } => self.on_prepare(from, ballot, context),
            Message::Promise { ballot, accepted } => self.on_promise(from, ballot, accepted, context),
            Message::Accept { ballot, value } => self.on_accept(from, ballot, value, context),
            Message::Accepted { ballot } => self.on_accepted(from, ballot, context),
            Message::Refused { promised } => self.round = self.round.max(promised.round),
            Message::Chosen { value } => self.learn(value, context),
        }
        // learner: end
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match timer {}
        let Timer::TryAgain = timer;
        if self.decided.is_none() {
            self.failures += 1;
            self.attempt(context);
        }
        // learner: end
    }
}

// learner: begin
/// The acceptor.
impl Node {
    fn on_prepare(&mut self, from: NodeId, ballot: Ballot, context: &mut Context<'_, Self>) {
        if self.refuses(from, ballot, context) {
            return;
        }
        self.acceptor.promised = Some(ballot);
        self.save(context);
        context.send(from, Message::Promise { ballot, accepted: self.acceptor.accepted });
    }

    fn on_accept(&mut self, from: NodeId, ballot: Ballot, value: Value, context: &mut Context<'_, Self>) {
        if self.refuses(from, ballot, context) {
            return;
        }
        self.acceptor.promised = Some(ballot);
        self.acceptor.accepted = Some((ballot, value));
        self.save(context);
        context.send(from, Message::Accepted { ballot });
    }

    /// Whether the acceptor has promised not to have anything to do with this ballot; if so, it says so.
    fn refuses(&self, from: NodeId, ballot: Ballot, context: &mut Context<'_, Self>) -> bool {
        let higher = self.acceptor.promised.filter(|promised| *promised > ballot);
        if let Some(promised) = higher {
            context.send(from, Message::Refused { promised });
        }
        higher.is_some()
    }

    /// Nobody may hear of a promise or an acceptance that a crash could undo.
    fn save(&self, context: &mut Context<'_, Self>) {
        context.disk().write("acceptor", &self.acceptor);
        context.disk().sync();
    }
}

/// The proposer.
impl Node {
    /// Begins anew, with a ballot above all that were heard of.
    fn attempt(&mut self, context: &mut Context<'_, Self>) {
        let promised = self.acceptor.promised.map_or(0, |promised| promised.round);
        self.round = self.round.max(promised) + 1;
        let ballot = Ballot { round: self.round, node: context.me() };
        self.ballot = Some(ballot);
        self.phase = Phase::Preparing(BTreeMap::new());
        // To ask oneself first means that the ballot is on the disk before anybody hears of it, and never used again.
        self.acceptor.promised = Some(ballot);
        self.save(context);
        for node in context.nodes() {
            context.send(node, Message::Prepare { ballot });
        }
        // Longer after each failure, and never as long as somebody else: one of two rivals will have time enough.
        let jitter_ms = context.random().random_range(0..ATTEMPT_MS << self.failures.min(3));
        context.set_timer(Timer::TryAgain, ATTEMPT_MS + jitter_ms);
    }

    fn on_promise(
        &mut self,
        from: NodeId,
        ballot: Ballot,
        accepted: Option<(Ballot, Value)>,
        context: &mut Context<'_, Self>,
    ) {
        let Phase::Preparing(promises) = &mut self.phase else { return };
        if self.ballot != Some(ballot) {
            return;
        }
        promises.insert(from, accepted);
        if promises.len() < majority(context) {
            return;
        }
        // What was accepted under the highest ballot may have been chosen; what nobody speaks of was not.
        let bound = promises.values().flatten().max_by_key(|(ballot, _)| *ballot).map(|(_, value)| *value);
        let value = bound.or(self.wanted).expect("only a node that was asked makes attempts");
        self.phase = Phase::Accepting(value, BTreeSet::new());
        for node in context.nodes() {
            context.send(node, Message::Accept { ballot, value });
        }
    }

    fn on_accepted(&mut self, from: NodeId, ballot: Ballot, context: &mut Context<'_, Self>) {
        let Phase::Accepting(value, acceptors) = &mut self.phase else { return };
        if self.ballot != Some(ballot) {
            return;
        }
        acceptors.insert(from);
        if acceptors.len() >= majority(context) {
            let value = *value;
            self.learn(value, context);
            context.broadcast(Message::Chosen { value });
        }
    }
}

/// The learner.
impl Node {
    fn learn(&mut self, value: Value, context: &mut Context<'_, Self>) {
        if self.decided.is_none() {
            self.decided = Some(value);
            self.phase = Phase::Idle;
            context.cancel_timer(&Timer::TryAgain);
            context.output(Decided(value));
        }
    }

    /// Somebody asks for what is decided already. Perhaps others have not heard of it either.
    fn tell(&self, value: Value, context: &mut Context<'_, Self>) {
        context.output(Decided(value));
        context.broadcast(Message::Chosen { value });
    }
}

fn majority(context: &Context<'_, Node>) -> usize {
    context.node_count() / 2 + 1
}
// learner: end

impl Paxos for Node {}
