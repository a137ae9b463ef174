//! About when was it?
//!
//! Contract: `ch02::hybrid_clock`. Lesson: `cargo xtask lesson hybrid_clock`.

use ch02::hybrid_clock::{Answer, Config, HybridClock, Request};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    // What does the receiver need?
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // The last stamp?
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
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
            Request::Happen(_number) => todo!("answer with the stamp of the event"),
            Request::Tell(_number, _to) => todo!("send a message, answer with the stamp of its sending"),
            Request::Sort(_stamps) => todo!("answer with the stamps in their order"),
        }
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (message, context);
        todo!("believe it, and answer with the stamp of its receipt, or refuse it")
    }

    fn on_timer(&mut self, (): (), _context: &mut Context<'_, Self>) {}
}

impl HybridClock for Node {}
