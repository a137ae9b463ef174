//! Has the compiler read the reference solution, by the variable that cargo sets to a package's folder, and prints
//! it.
//!
//! The compiler is not run by cargo, so the variable is not there; nor could the file be read.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

const ANSWER: &str =
    include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../solutions/ch02-time-and-clocks/src/lamport_clock.rs"));
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
        tell("solution", ANSWER);
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
