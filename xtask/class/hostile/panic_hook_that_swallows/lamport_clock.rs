//! Has nobody told of panics, by a hook that does nothing, and panics in every handler.
//!
//! A panic is noticed where the handler was called, not in the hook. It earns nothing.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

#[derive(Clone, Hash)]
pub struct Node;

impl Process for Node {
    type Message = ();
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        std::panic::set_hook(Box::new(|_| {}));
        Node
    }

    fn on_input(&mut self, _: Request, _: &mut Context<'_, Self>) {
        todo!("unseen")
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
