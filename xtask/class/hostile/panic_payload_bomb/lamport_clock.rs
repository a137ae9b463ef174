//! Panics with a value that panics when it is dropped: whoever catches it and lets it go falls over.
//!
//! It is caught in its own process, which may fall over. The check panicked or is aborted.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("whoever drops this");
    }
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

    fn on_input(&mut self, _: Request, _: &mut Context<'_, Self>) {
        std::panic::panic_any(Bomb);
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
