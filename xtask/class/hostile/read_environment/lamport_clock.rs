//! Prints its environment, its arguments and the folder it runs in.
//!
//! The environment is empty, and the rest says nothing about the grader that could be of use.

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
        for (name, value) in std::env::vars() {
            if ["HOME", "USER", "PATH", "GITHUB_TOKEN", "FAULTLINES_FRAMES", "PWD"].contains(&name.as_str()) {
                tell(&name, &value);
            }
        }
        for argument in std::env::args() {
            if argument.contains("seed") {
                tell("argument", &argument);
            }
        }
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
