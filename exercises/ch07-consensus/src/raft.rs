//! Raft: a log in common.
//!
//! Contract: `ch07::raft`. Lesson: `cargo xtask lesson raft`.

use ch07::raft::{Command, Config, Entry, Index, Output, Raft, Role, Term};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // What does a candidate ask? What does a leader send? How are they answered?
}

/// What wakes a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // What does a follower wait for? And a leader?
}

/// A node: its memory. What must survive a crash is on the disk as well.
#[derive(Clone, Hash)]
pub struct Node {
    // Figure 2 of the paper lists what a node remembers, and which part of it must be on the disk.
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = Config;
    type Input = Command;
    type Output = Output;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("read the disk; begin as a follower, and wait for a leader, but not for ever")
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (from, message, context);
        todo!("first of all: what does the message's term say about yours?")
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        let _ = (timer, context);
        todo!("what was waited for, and did not come?")
    }

    fn on_input(&mut self, command: Command, context: &mut Context<'_, Self>) {
        let _ = (command, context);
        todo!("who may append it?")
    }
}

impl Raft for Node {
    fn role(&self) -> Role {
        todo!()
    }

    fn term(&self) -> Term {
        todo!()
    }

    fn vote(&self) -> Option<NodeId> {
        todo!()
    }

    fn entry(&self, index: Index) -> Option<Entry> {
        let _ = index;
        todo!("index 1 is the first")
    }
}
