//! One word among liars.
//!
//! Contract: `ch10::byzantine_broadcast`. Lesson: `cargo xtask lesson byzantine_broadcast`.

use ch10::byzantine_broadcast::{Ask, ByzantineBroadcast, Config, Deliver, Message};
use harness::{Context, NodeId, Process};

/// What a node remembers.
#[derive(Clone, Hash)]
pub struct Node {
    // What has to be known of each broadcast?
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Ask;
    type Output = Deliver;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("begin with nothing heard")
    }

    fn on_input(&mut self, ask: Ask, context: &mut Context<'_, Self>) {
        let _ = (ask, context);
        todo!("tell everybody, yourself included")
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (from, context);
        match message {
            Message::Init(_broadcast, _value) => todo!("whose word is this, and whom does it concern?"),
            Message::Echo(_broadcast, _value) => todo!("how many stand by it?"),
            Message::Ready(_broadcast, _value) => todo!("how many are ready?"),
        }
    }

    fn on_timer(&mut self, (): (), _context: &mut Context<'_, Self>) {}
}

impl ByzantineBroadcast for Node {}
