//! One decision.
//!
//! Contract: `ch07::paxos`. Lesson: `cargo xtask lesson paxos`.

use ch07::paxos::{Decided, Paxos, Propose};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // Two phases, a question and an answer each. What else?
}

/// What tells one timer of a node from another.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // When is it time to try again?
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // What does an acceptor have to know? A proposer? A learner?
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Propose;
    type Output = Decided;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("begin, or begin again after a crash")
    }

    fn on_input(&mut self, Propose(value): Propose, context: &mut Context<'_, Self>) {
        let _ = (value, context);
        todo!("ask the others for a promise")
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (from, context);
        match message {}
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        let _ = context;
        match timer {}
    }
}

impl Paxos for Node {}
