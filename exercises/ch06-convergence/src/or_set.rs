//! Adding and removing apart.
//!
//! Contract: `ch06::or_set`. Lesson: `cargo xtask lesson or_set`.

use std::collections::BTreeSet;

use ch06::or_set::{Answer, GuestList, ObservedRemove, Request};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// A set that remembers what it has observed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Set {
    // What tells one addition from another? How do you know what you have seen already?
}

impl ObservedRemove for Set {
    fn add(&mut self, replica: NodeId, element: &str) {
        let _ = (replica, element);
        todo!("an addition that is like no other")
    }

    fn remove(&mut self, element: &str) {
        let _ = element;
        todo!("remove the additions that this set knows of")
    }

    fn elements(&self) -> BTreeSet<String> {
        todo!("what is there")
    }

    fn join(&mut self, other: &Self) {
        let _ = other;
        todo!("take over what the other knows")
    }
}

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    // What you know, or what is new?
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // A set of the above?
}

/// The node's timers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // When do you tell the others?
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("begin, or begin again after a crash")
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let _ = context;
        match request {
            Request::Add { .. } | Request::Remove { .. } => todo!("change the set, and say that it is done"),
            Request::Read { .. } => todo!("say who is there"),
        }
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (message, context);
        todo!("learn what the other knows")
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        let _ = context;
        match timer {}
    }
}

impl GuestList for Node {}
