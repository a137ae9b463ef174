//! An assertion that fails only when somebody else uses a generic function: the library compiles, the program does
//! not.
//!
//! That step belongs to the submission as well, and it is told that it does not compile. Nothing of the course is
//! blamed.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

#[derive(Clone)]
pub struct Node;

impl std::hash::Hash for Node {
    fn hash<H: std::hash::Hasher>(&self, _: &mut H) {
        const { assert!(size_of::<H>() > 1 << 40, "too small a hasher") }
    }
}

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

impl LamportClock for Node {}
