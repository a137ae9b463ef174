//! Panics with a message that is markup, control sequences and commands to a CI system.
//!
//! Every report escapes it.

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
        panic!(
            "\u{1b}[2J</pre><img src=x onerror=alert(1)>]]>\u{0}\u{fffe}\n::stop-commands::x\n::error::100 %0A\n=HYPERLINK(\"http://192.0.2.1\")"
        );
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
