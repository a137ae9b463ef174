//! Compiles, and does nothing.

use ch07::raft::{Command, Config, Entry, Index, Output, Raft, Role, Term};
use harness::{Context, NodeId, Process};

#[derive(Clone, Hash)]
pub struct Node;

impl Process for Node {
    type Message = ();
    type Timer = ();
    type Config = Config;
    type Input = Command;
    type Output = Output;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Node
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, _: Command, _: &mut Context<'_, Self>) {}
}

impl Raft for Node {
    fn role(&self) -> Role {
        Role::Follower
    }

    fn term(&self) -> Term {
        0
    }

    fn vote(&self) -> Option<NodeId> {
        None
    }

    fn entry(&self, _: Index) -> Option<Entry> {
        None
    }
}
