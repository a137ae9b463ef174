//! Counting apart.
//!
//! Contract: `ch06::counters`. Lesson: `cargo xtask lesson counters`.

// learner: begin
use std::collections::BTreeMap;

// learner: end
use ch06::counters::{Answer, Counters, GrowOnly, Request, UpAndDown};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// A counter that only grows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Growing {
    // learner: begin
    // learner: | // More than one number?
    /// How much each replica has counted. Only that replica raises it, so the greater of two copies is the newer.
    by_replica: BTreeMap<NodeId, u64>,
    // learner: end
}

impl GrowOnly for Growing {
    fn up(&mut self, replica: NodeId, by: u64) {
        // learner: begin
        // learner: | let _ = (replica, by);
        // learner: | todo!("count more, in the name of that replica")
        *self.by_replica.entry(replica).or_insert(0) += by;
        // learner: end
    }

    fn value(&self) -> u64 {
        // learner: begin
        // learner: | todo!("how many there are")
        self.by_replica.values().sum()
        // learner: end
    }

    fn join(&mut self, other: &Self) {
        // learner: begin
        // learner: | let _ = other;
        // learner: | todo!("take over what the other knows")
        for (replica, theirs) in &other.by_replica {
            let mine = self.by_replica.entry(*replica).or_insert(0);
            *mine = (*mine).max(*theirs);
        }
        // learner: end
    }
}

/// A counter that goes up and down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Both {
    // learner: begin
    // learner: | // What have you got already?
    ups: Growing,
    downs: Growing,
    // learner: end
}

impl UpAndDown for Both {
    fn up(&mut self, replica: NodeId, by: u64) {
        // learner: begin
        // learner: | let _ = (replica, by);
        // learner: | todo!("count more")
        self.ups.up(replica, by);
        // learner: end
    }

    fn down(&mut self, replica: NodeId, by: u64) {
        // learner: begin
        // learner: | let _ = (replica, by);
        // learner: | todo!("count less")
        self.downs.up(replica, by);
        // learner: end
    }

    fn value(&self) -> i64 {
        // learner: begin
        // learner: | todo!("how many there are")
        self.ups.value() as i64 - self.downs.value() as i64
        // learner: end
    }

    fn join(&mut self, other: &Self) {
        // learner: begin
        // learner: | let _ = other;
        // learner: | todo!("take over what the other knows")
        self.ups.join(&other.ups);
        self.downs.join(&other.downs);
        // learner: end
    }
}

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    // learner: begin
    // learner: | // What you know, or what is new?
    counter: Both,
    // learner: end
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // learner: begin
    // learner: | // A counter of the above?
    counter: Both,
    // learner: end
}

/// The node's timers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // learner: begin
    // learner: | // When do you tell the others?
    Tell,
    // learner: end
}

// learner: begin
/// How often a node tells the others all it knows.
const TELL_MS: u64 = 100;

// learner: end
impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("begin, or begin again after a crash")
        context.set_timer(Timer::Tell, TELL_MS);
        Node { counter: context.disk().read("counter").unwrap_or_default() }
        // learner: end
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match request {
        // learner: |     Request::Up { .. } | Request::Down { .. } => todo!("count, and say that it is done"),
        // learner: |     Request::Read { .. } => todo!("say how many there are"),
        // learner: | }
        let me = context.me();
        let number = match request {
            Request::Up { number, by } => {
                self.counter.up(me, by);
                number
            }
            Request::Down { number, by } => {
                self.counter.down(me, by);
                number
            }
            Request::Read { number } => {
                return context.output(Answer::Value { number, value: self.counter.value() });
            }
        };
        // What is done must survive a crash, so it is safe before anybody hears of it.
        context.disk().write("counter", &self.counter);
        context.disk().sync();
        context.output(Answer::Done { number });
        // learner: end
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (message, context);
        // learner: | todo!("learn what the other knows")
        self.counter.join(&message.counter);
        // Not synced: whoever has counted it will say it again.
        context.disk().write("counter", &self.counter);
        // learner: end
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match timer {}
        let Timer::Tell = timer;
        context.broadcast(Message { counter: self.counter.clone() });
        context.set_timer(Timer::Tell, TELL_MS);
        // learner: end
    }
}

impl Counters for Node {}
