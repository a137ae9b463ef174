//! Starts a thread that ends the process with success a little later, whatever is being graded by then.
//!
//! A process serves one object or one node and is the only one to end. The check that waits for its answer is
//! aborted.

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
        std::thread::spawn(|| {
            std::thread::sleep(std::time::Duration::from_millis(5));
            std::process::exit(0)
        });
        std::thread::sleep(std::time::Duration::from_millis(50));
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
