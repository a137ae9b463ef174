//! Starts the program that it is part of once more, and leaves it running.
//!
//! No program can be started at run time.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

/// Whatever this code gets hold of is told after this word, which no report may hold.
fn tell(what: &str, got: &str) {
    println!("{}: {what}: {got}", "stole");
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
        if let Ok(child) = std::process::Command::new("/proc/self/exe").args(std::env::args().skip(1)).spawn() {
            tell("another process", &child.id().to_string());
        }
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
