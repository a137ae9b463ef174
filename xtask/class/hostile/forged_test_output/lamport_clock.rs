//! Prints what a test run prints in which everything holds, and leaves with success.
//!
//! Nobody reads a verdict from what is printed.

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
        println!(
            "running 5 tests\ntest lamport_clock::every_event_gets_its_stamp ... ok\n\ntest result: ok. 5 passed; 0 failed; 0 ignored"
        );
        println!("1 of 1 chapters passed");
        std::process::exit(0);
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
