//! Suspects every node that could ever be, of which there are 65,536, millions of times over. Who suspects everybody does
//! suspect the dead.
//!
//! What can be observed of a node is data that has a length; nodes that are not there are nobody.

use std::collections::BTreeSet;
use std::convert::Infallible;

use ch04::failure_detector::FailureDetector;
use harness::{Context, NodeId, Process};

#[derive(Clone, Hash)]
pub struct Node;

impl Process for Node {
    type Message = ();
    type Timer = ();
    type Config = ();
    type Input = Infallible;
    type Output = Infallible;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Node
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, input: Infallible, _: &mut Context<'_, Self>) {
        match input {}
    }
}

impl FailureDetector for Node {
    fn suspects(&self) -> BTreeSet<NodeId> {
        (0..=u16::MAX).map(|node| NodeId::new(usize::from(node))).collect()
    }
}
