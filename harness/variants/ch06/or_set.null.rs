//! Compiles, and does nothing.

use std::collections::BTreeSet;

use ch06::or_set::{Answer, GuestList, ObservedRemove, Request};
use harness::{Context, NodeId, Process};

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Set;

impl ObservedRemove for Set {
    fn add(&mut self, _: NodeId, _: &str) {}

    fn remove(&mut self, _: &str) {}

    fn elements(&self) -> BTreeSet<String> {
        BTreeSet::new()
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

impl GuestList for Node {}
