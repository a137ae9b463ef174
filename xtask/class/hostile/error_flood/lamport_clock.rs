//! A hundred thousand errors, so that the report drowns in them.
//!
//! Output of the compiler is capped, and only the first errors are kept for the report.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

macro_rules! wrong {
    ($($it:tt)*) => { $(let () = $it;)* };
}
macro_rules! ten {
    ($go:ident $($it:tt)*) => { $go! { $($it)* $($it)* $($it)* $($it)* $($it)* $($it)* $($it)* $($it)* $($it)* $($it)* } };
}
macro_rules! hundred {
    ($($it:tt)*) => { ten! { ten_more $($it)* } };
}
macro_rules! ten_more {
    ($($it:tt)*) => { ten! { thousand $($it)* } };
}
macro_rules! thousand {
    ($($it:tt)*) => { ten! { ten_thousand $($it)* } };
}
macro_rules! ten_thousand {
    ($($it:tt)*) => { ten! { many $($it)* } };
}
macro_rules! many {
    ($($it:tt)*) => { ten! { wrong $($it)* } };
}

pub fn flood() {
    hundred! { 1 }
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
