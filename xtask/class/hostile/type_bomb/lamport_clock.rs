//! Types that double in size thirty times over.
//!
//! The compiler has a limit of its own for that; where it takes long to reach it, its time and memory are bounded.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};

fn twice<T: Clone + std::fmt::Debug>(one: T) -> (T, T) {
    (one.clone(), one)
}

fn grow() {
    let it = twice(twice(twice(twice(twice(twice(twice(twice(0u8))))))));
    let it = twice(twice(twice(twice(twice(twice(twice(twice(it))))))));
    let it = twice(twice(twice(twice(twice(twice(twice(twice(it))))))));
    let it = twice(twice(twice(twice(twice(twice(twice(twice(it))))))));
    println!("{it:?}");
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
        grow();
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
