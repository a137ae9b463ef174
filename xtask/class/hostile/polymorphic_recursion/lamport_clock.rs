//! A function that needs itself for ever larger types, which is found out only when the program is put together.
//!
//! That step belongs to the submission as well: it does not compile, and no other one is held up.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

fn deeper<T: std::fmt::Debug>(depth: u64, it: T) {
    if depth > 0 {
        deeper(depth - 1, (it, 1u8));
    } else {
        println!("{it:?}");
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
        deeper(std::hint::black_box(3), 1u8);
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
