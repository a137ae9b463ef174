//! Did it know?
//!
//! Contract: `ch02::vector_clock`. Lesson: `cargo xtask lesson vector_clock`.

use ch02::vector_clock::{Answer, Request, VectorClock};
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
    // A count for everybody?
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
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
            Request::Happen(_number) => todo!("answer with the stamp of the event"),
            Request::Tell(_number, _to) => todo!("send a message, answer with the stamp of its sending"),
            Request::Compare(_one, _other) => todo!("answer with their order"),
            Request::Merge(_one, _other) => todo!("answer with their least upper bound"),
        }
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (message, context);
        todo!("answer with the stamp of the receipt")
    }

    fn on_timer(&mut self, (): (), _context: &mut Context<'_, Self>) {}
}

impl VectorClock for Node {}
