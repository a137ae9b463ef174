//! Compiles, and does nothing.

use ch03::gossip_broadcast::{Answer, Config, Gossip, Request};
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

impl Gossip for Node {}
