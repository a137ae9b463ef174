//! Compiles, and does nothing.

use ch06::counters::{Answer, Counters, GrowOnly, Request, UpAndDown};
use harness::{Context, NodeId, Process};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Growing;

impl GrowOnly for Growing {
    fn up(&mut self, _: NodeId, _: u64) {}

    fn value(&self) -> u64 {
        0
    }

    fn join(&mut self, _: &Self) {}
}

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Both;

impl UpAndDown for Both {
    fn up(&mut self, _: NodeId, _: u64) {}

    fn down(&mut self, _: NodeId, _: u64) {}

    fn value(&self) -> i64 {
        0
    }

    fn join(&mut self, _: &Self) {}
}

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

    fn on_input(&mut self, _: Request, _: &mut Context<'_, Self>) {}

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl Counters for Node {}
