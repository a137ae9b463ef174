//! One register on many nodes.
//!
//! Contract: `ch05::quorum_register`. Lesson: `cargo xtask lesson quorum_register`.

// learner: begin
use std::collections::BTreeMap;
// learner: end

use ch05::quorum_register::{Answer, Config, QuorumRegister, Request};
// learner: begin
use ch05::quorum_register::{Operation, Outcome, RequestId};
// learner: end
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // learner: begin
    // learner: | // What does a node ask the others, and what do they answer?
    /// Send me your copy.
    Ask { round: Round },
    /// Take over this copy, unless yours is newer.
    Keep { round: Round, copy: Copy },
    /// I have done that, and this is my copy now.
    Done { round: Round, copy: Copy },
    // learner: end
}

/// What a node wants to be reminded of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // learner: begin
    // learner: | // What if an answer never comes?
    /// Somebody may not have heard of this round.
    Again(Round),
    // learner: end
}

// learner: begin
/// A count, and whose it is. Orders all writes: the greater one is the later one, and no two share one.
pub type Stamp = (u64, NodeId);

/// The node's life, counted by its boots, and a number in it. Names one question to all, and the answers to it.
pub type Round = (u64, u64);

/// What a replica holds.
#[derive(Clone, Copy, Debug, Hash, Serialize, Deserialize)]
pub struct Copy {
    stamp: Stamp,
    value: Option<u32>,
}

/// A request on its way.
#[derive(Clone, Hash)]
struct Task {
    id: RequestId,
    phase: Phase,
    /// Who has answered this round.
    answered: Vec<NodeId>,
    /// The newest copy among the answers.
    newest: Copy,
}

#[derive(Clone, Copy, Hash)]
enum Phase {
    /// Finding out what the newest copy is.
    Ask(Operation),
    /// Seeing to it that a majority has a copy that is as new as this.
    Keep(Copy, Outcome),
}
// learner: end

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // learner: begin
    // learner: | // Its own copy, and what else?
    /// Always what is on the disk.
    copy: Copy,
    life: u64,
    rounds: u64,
    tasks: BTreeMap<Round, Task>,
    // learner: end
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("begin, or begin again after a crash")
        let none = Copy { stamp: (0, NodeId::new(0)), value: None };
        let copy = context.disk().read("copy").unwrap_or(none);
        let life = context.disk().read("life").unwrap_or(0) + 1;
        context.disk().write("life", &life);
        context.disk().sync();
        Node { copy, life, rounds: 0, tasks: BTreeMap::new() }
        // learner: end
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (request, context);
        // learner: | todo!("begin to work on it: an answer can be given later")
        self.begin(request.id, Phase::Ask(request.operation), context);
        // learner: end
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (from, context);
        // learner: | match message {}
        match message {
            Message::Ask { round } => context.send(from, Message::Done { round, copy: self.copy }),
            Message::Keep { round, copy } => {
                self.keep(copy, context);
                context.send(from, Message::Done { round, copy: self.copy });
            }
            Message::Done { round, copy } => self.count(from, round, copy, context),
        }
        // learner: end
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match timer {}
        let Timer::Again(round) = timer;
        if self.tasks.contains_key(&round) {
            self.send(round, context);
        }
        // learner: end
    }
}

// learner: begin
impl Node {
    /// Begins a round, with the answer of this node.
    fn begin(&mut self, id: RequestId, phase: Phase, context: &mut Context<'_, Self>) {
        self.rounds += 1;
        let round = (self.life, self.rounds);
        if let Phase::Keep(copy, _) = phase {
            self.keep(copy, context);
        }
        self.tasks.insert(round, Task { id, phase, answered: Vec::new(), newest: self.copy });
        self.send(round, context);
        self.count(context.me(), round, self.copy, context);
    }

    /// Sends a round to all who have not answered it, now and until they do.
    fn send(&mut self, round: Round, context: &mut Context<'_, Self>) {
        let task = &self.tasks[&round];
        let message = match task.phase {
            Phase::Ask(_) => Message::Ask { round },
            Phase::Keep(copy, _) => Message::Keep { round, copy },
        };
        for peer in context.peers().filter(|peer| !task.answered.contains(peer)) {
            context.send(peer, message.clone());
        }
        context.set_timer(Timer::Again(round), 2 * context.config().round_trip_ms);
    }

    /// Takes over a newer copy. It is safe before anybody hears of it.
    fn keep(&mut self, copy: Copy, context: &mut Context<'_, Self>) {
        if copy.stamp > self.copy.stamp {
            self.copy = copy;
            context.disk().write("copy", &copy);
            context.disk().sync();
        }
    }

    /// An answer. With a majority of them the round is over.
    fn count(&mut self, from: NodeId, round: Round, copy: Copy, context: &mut Context<'_, Self>) {
        let Some(task) = self.tasks.get_mut(&round) else { return };
        if task.answered.contains(&from) {
            return;
        }
        task.answered.push(from);
        if copy.stamp > task.newest.stamp {
            task.newest = copy;
        }
        if task.answered.len() <= context.node_count() / 2 {
            return;
        }
        context.cancel_timer(&Timer::Again(round));
        let Task { id, phase, newest, .. } = self.tasks.remove(&round).expect("it was just there");
        match phase {
            Phase::Ask(operation) => self.begin(id, self.second(operation, newest, context), context),
            Phase::Keep(_, outcome) => context.output(Answer { id, outcome }),
        }
    }

    /// What a majority has to keep, once the newest copy is known.
    fn second(&self, operation: Operation, newest: Copy, context: &Context<'_, Self>) -> Phase {
        match operation {
            Operation::Read => Phase::Keep(newest, Outcome::Value(newest.value)),
            Operation::Write(value) => {
                // This node's copy may be of a write that has begun here in the meantime.
                let (count, _) = newest.stamp.max(self.copy.stamp);
                let copy = Copy { stamp: (count + 1, context.me()), value: Some(value) };
                Phase::Keep(copy, Outcome::Written)
            }
        }
    }
}
// learner: end

impl QuorumRegister for Node {}
