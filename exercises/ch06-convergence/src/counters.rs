//! Counting apart.
//!
//! Contract: `ch06::counters`. Lesson: `cargo xtask lesson counters`.

use ch06::counters::{Answer, Counters, GrowOnly, Request, UpAndDown};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// A counter that only grows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Growing {
    // More than one number?
}

impl GrowOnly for Growing {
    fn up(&mut self, replica: NodeId, by: u64) {
        let _ = (replica, by);
        todo!("count more, in the name of that replica")
    }

    fn value(&self) -> u64 {
        todo!("how many there are")
    }

    fn join(&mut self, other: &Self) {
        let _ = other;
        todo!("take over what the other knows")
    }
}

/// A counter that goes up and down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Both {
    // What have you got already?
}

impl UpAndDown for Both {
    fn up(&mut self, replica: NodeId, by: u64) {
        let _ = (replica, by);
        todo!("count more")
    }

    fn down(&mut self, replica: NodeId, by: u64) {
        let _ = (replica, by);
        todo!("count less")
    }

    fn value(&self) -> i64 {
        todo!("how many there are")
    }

    fn join(&mut self, other: &Self) {
        let _ = other;
        todo!("take over what the other knows")
    }
}

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    // What you know, or what is new?
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // A counter of the above?
}

/// The node's timers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // When do you tell the others?
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("begin, or begin again after a crash")
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let _ = context;
        match request {
            Request::Up { .. } | Request::Down { .. } => todo!("count, and say that it is done"),
            Request::Read { .. } => todo!("say how many there are"),
        }
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (message, context);
        todo!("learn what the other knows")
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        let _ = context;
        match timer {}
    }
}

impl Counters for Node {}
