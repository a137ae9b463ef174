//! Compiles, and does nothing.

use ch02::hybrid_clock::{Answer, Config, Request, HybridClock};
use harness::{Context, NodeId, Process};

#[derive(Clone, Hash)]
pub struct Node;

impl Process for Node {
    type Message = ();
    type Timer = ();
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Node
    }

    fn on_input(&mut self, _: Request, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl HybridClock for Node {}
