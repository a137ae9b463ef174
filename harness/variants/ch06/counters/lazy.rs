//! Takes its time: tells one other node after the other, each every second or two, and never writes down what it has heard.
//! On the disk there is a log of its own changes.

use std::collections::BTreeMap;

use ch06::counters::{Answer, Counters, GrowOnly, Request, UpAndDown};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Growing(BTreeMap<NodeId, u64>);

impl GrowOnly for Growing {
    fn up(&mut self, replica: NodeId, by: u64) {
        *self.0.entry(replica).or_default() += by;
    }

    fn value(&self) -> u64 {
        self.0.values().sum()
    }

    fn join(&mut self, other: &Self) {
        for (replica, count) in &other.0 {
            let known = self.0.get(replica).copied();
            self.0.insert(*replica, known.map_or(*count, |known| known.max(*count)));
        }
    }
}

/// For each replica how many changes it knows of, and what they come to: the one who knows of more knows of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Both(BTreeMap<NodeId, (u64, i64)>);

impl Both {
    fn change(&mut self, replica: NodeId, by: i64) {
        let (changes, sum) = self.0.entry(replica).or_default();
        (*changes, *sum) = (*changes + 1, *sum + by);
    }
}

impl UpAndDown for Both {
    fn up(&mut self, replica: NodeId, by: u64) {
        self.change(replica, by as i64);
    }

    fn down(&mut self, replica: NodeId, by: u64) {
        self.change(replica, -(by as i64));
    }

    fn value(&self) -> i64 {
        self.0.values().map(|(_, sum)| sum).sum()
    }

    fn join(&mut self, other: &Self) {
        for (replica, theirs) in &other.0 {
            let mine = self.0.entry(*replica).or_default();
            if theirs.0 > mine.0 {
                *mine = *theirs;
            }
        }
    }
}

#[derive(Clone, Hash)]
pub struct Node {
    counter: Both,
}

impl Node {
    fn tell_later(to: NodeId, context: &mut Context<'_, Self>) {
        let after_ms = context.random().random_range(1_000..1_500);
        context.set_timer(to, after_ms);
    }
}

impl Process for Node {
    type Message = Both;
    type Timer = NodeId;
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        for peer in context.peers() {
            Self::tell_later(peer, context);
        }
        let me = context.me();
        let mut counter = Both::default();
        for change in context.disk().log("changes").into_iter().flatten() {
            counter.change(me, change);
        }
        Node { counter }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let (number, by) = match request {
            Request::Up { number, by } => (number, by as i64),
            Request::Down { number, by } => (number, -(by as i64)),
            Request::Read { number } => {
                return context.output(Answer::Value { number, value: self.counter.value() });
            }
        };
        self.counter.change(context.me(), by);
        context.disk().append("changes", &by);
        context.disk().sync();
        context.output(Answer::Done { number });
    }

    fn on_message(&mut self, _from: NodeId, message: Both, _context: &mut Context<'_, Self>) {
        self.counter.join(&message);
    }

    fn on_timer(&mut self, peer: NodeId, context: &mut Context<'_, Self>) {
        context.send(peer, self.counter.clone());
        Self::tell_later(peer, context);
    }
}

impl Counters for Node {}
