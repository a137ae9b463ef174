//! Forty macros, each of which expands to twice the one before: 2^40 functions.
//!
//! The memory and the time of the compiler are bounded.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

macro_rules! grow {
    () => { 1u64 };
    ($first:tt $($rest:tt)*) => { (grow!($($rest)*) + grow!($($rest)*)) };
}

pub fn grown() -> u64 {
    grow!(a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a a)
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

impl LamportClock for Node {}
