//! Compiles, and does nothing.

use ch07::paxos::{Decided, Paxos, Propose};
use harness::{Context, NodeId, Process};

#[derive(Clone, Hash)]
pub struct Node;

impl Process for Node {
    type Message = ();
    type Timer = ();
    type Config = ();
    type Input = Propose;
    type Output = Decided;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Node
    }

    fn on_input(&mut self, _: Propose, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl Paxos for Node {}
