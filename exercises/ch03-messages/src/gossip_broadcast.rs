//! Tell everybody.
//!
//! Contract: `ch03::gossip_broadcast`. Lesson: `cargo xtask lesson gossip_broadcast`.

use ch03::gossip_broadcast::{Answer, Config, Gossip, Request};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // What tells of a new value, and what finds out that one got lost?
}

/// The node's timers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // What is worth waiting for?
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // What is here, and what is still to be sent to whom?
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
        let _ = context;
        match request {
            Request::Broadcast(_value) => todo!("deliver it, and have everybody deliver it"),
            Request::Read => todo!("answer with all values that are here"),
        }
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

impl Gossip for Node {}
