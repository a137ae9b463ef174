//! Makes a list of a million links whose destructor calls itself for each of them.
//!
//! The stack has an end; the check is aborted.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

struct Link(#[allow(dead_code)] Option<Box<Link>>);
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
        let mut list = Link(None);
        for _ in 0..1_000_000 {
            list = Link(Some(Box::new(list)));
        }
        drop(list);
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
