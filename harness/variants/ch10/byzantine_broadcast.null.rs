//! Compiles, and does nothing.

use ch10::byzantine_broadcast::{Ask, ByzantineBroadcast, Config, Deliver, Message};
use harness::{Context, NodeId, Process};

#[derive(Clone, Hash)]
pub struct Node;

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Ask;
    type Output = Deliver;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Node
    }

    fn on_input(&mut self, _: Ask, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, _: NodeId, _: Message, _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl ByzantineBroadcast for Node {}
