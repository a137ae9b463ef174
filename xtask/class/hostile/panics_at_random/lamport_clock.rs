//! Panics in every second run, by chance, and does nothing in the others.
//!
//! A schedule that failed is never one that held. If it does not fail again, the verdict is undecided.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};
use std::hash::{BuildHasher, RandomState};

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

    fn on_input(&mut self, _: Request, context: &mut Context<'_, Self>) {
        let chance = RandomState::new().hash_one(0u8);
        if context.me().index() == 0 {
            assert!(chance % 2 == 0, "bad luck");
        }
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
