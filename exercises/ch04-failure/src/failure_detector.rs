//! Dead or slow?
//!
//! Contract: `ch04::failure_detector`. Lesson: `cargo xtask lesson failure_detector`.

use std::collections::BTreeSet;
use std::convert::Infallible;

use ch04::failure_detector::FailureDetector;
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    // Only that you are alive, or what you know of the others as well?
}

/// The node's timers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // When do you speak, and when do you look who has been silent?
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // Of every other node: what was heard last, when, and how patient to be?
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("begin, or begin again after a crash")
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (message, context);
        todo!("who lives?")
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        let _ = context;
        match timer {}
    }

    fn on_input(&mut self, input: Infallible, _context: &mut Context<'_, Self>) {
        match input {}
    }
}

impl FailureDetector for Node {
    fn suspects(&self) -> BTreeSet<NodeId> {
        todo!("whom do you take for dead?")
    }
}
