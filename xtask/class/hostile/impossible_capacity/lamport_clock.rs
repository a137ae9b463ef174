//! Reserves more than any address can name.
//!
//! That is a panic, of its own code.

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
        Node
    }

    fn on_input(&mut self, _: Request, _: &mut Context<'_, Self>) {
        let all: Vec<u64> = Vec::with_capacity(usize::MAX);
        println!("{}", all.capacity());
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
