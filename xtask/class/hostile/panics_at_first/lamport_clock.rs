//! Panics the first two times it is asked something, and does nothing from then on: a judge that looks for the
//! least schedule that fails finds none.
//!
//! A schedule that failed is never one that held. If it does not fail again, the code is not deterministic, and the
//! verdict is undecided.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use harness::{Context, NodeId, Process};
use std::collections::BTreeMap;
use std::sync::Mutex;
static ASKED: Mutex<BTreeMap<String, u32>> = Mutex::new(BTreeMap::new());

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

    fn on_input(&mut self, request: Request, _: &mut Context<'_, Self>) {
        let times = *ASKED.lock().unwrap().entry(format!("{request:?}")).and_modify(|times| *times += 1).or_insert(1);
        assert!(times > 2, "not yet");
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
