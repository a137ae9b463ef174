//! One register on many nodes.
//!
//! Contract: `ch05::quorum_register`. Lesson: `cargo xtask lesson quorum_register`.

use ch05::quorum_register::{Answer, Config, QuorumRegister, Request};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // What does a node ask the others, and what do they answer?
}

/// What a node wants to be reminded of.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // What if an answer never comes?
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // Its own copy, and what else?
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("begin, or begin again after a crash")
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let _ = (request, context);
        todo!("begin to work on it: an answer can be given later")
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

impl QuorumRegister for Node {}
