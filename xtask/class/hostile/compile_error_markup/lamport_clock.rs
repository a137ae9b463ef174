//! An error message that is markup, a terminal's control sequence and a command to a CI system.
//!
//! Every report escapes what a submission has it say: it is text, and nothing else.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

compile_error!(
    "\u{1b}[2J\u{1b}]0;owned\u{7} <script>alert(1)</script> </pre> ]]> =cmd|' /C calc'!A0 \n::set-output name=score::100\n::stop-commands::x\n::error file=grade.rs::<b>100</b>"
);
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
