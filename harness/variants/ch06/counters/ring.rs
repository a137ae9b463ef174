//! Rows instead of maps: an entry for each replica, (up, down), grown on demand. A node tells only its right neighbour, at once
//! when something has changed and every 200 ms otherwise, and syncs whatever it hears.

use ch06::counters::{Answer, Counters, GrowOnly, Request, UpAndDown};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// Rows are equal if they differ in nothing but zeros at the end, so there are none.
fn slot<T: Clone + Default>(row: &mut Vec<T>, replica: NodeId) -> &mut T {
    if row.len() <= replica.index() {
        row.resize(replica.index() + 1, T::default());
    }
    &mut row[replica.index()]
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Growing(Vec<u64>);

impl GrowOnly for Growing {
    fn up(&mut self, replica: NodeId, by: u64) {
        if by > 0 {
            *slot(&mut self.0, replica) += by;
        }
    }

    fn value(&self) -> u64 {
        self.0.iter().sum()
    }

    fn join(&mut self, other: &Self) {
        for (replica, theirs) in other.0.iter().enumerate().filter(|(_, theirs)| **theirs > 0) {
            let mine = slot(&mut self.0, NodeId::new(replica));
            *mine = (*mine).max(*theirs);
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Both(Vec<(u64, u64)>);

impl UpAndDown for Both {
    fn up(&mut self, replica: NodeId, by: u64) {
        slot(&mut self.0, replica).0 += by;
    }

    fn down(&mut self, replica: NodeId, by: u64) {
        slot(&mut self.0, replica).1 += by;
    }

    fn value(&self) -> i64 {
        self.0.iter().map(|(up, down)| *up as i64 - *down as i64).sum()
    }

    fn join(&mut self, other: &Self) {
        for (replica, theirs) in other.0.iter().enumerate() {
            let mine = slot(&mut self.0, NodeId::new(replica));
            *mine = (mine.0.max(theirs.0), mine.1.max(theirs.1));
        }
    }
}

#[derive(Clone, Hash)]
pub struct Node {
    counter: Both,
}

impl Node {
    fn save_and_tell(&self, context: &mut Context<'_, Self>) {
        context.disk().write("counter", &self.counter);
        context.disk().sync();
        self.tell(context);
    }

    fn tell(&self, context: &mut Context<'_, Self>) {
        let right = NodeId::new((context.me().index() + 1) % context.node_count());
        context.send(right, self.counter.clone());
        context.set_timer((), 200);
    }
}

impl Process for Node {
    type Message = Both;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let node = Node { counter: context.disk().read("counter").unwrap_or_default() };
        node.tell(context);
        node
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let number = match request {
            Request::Up { number, by } => {
                self.counter.up(context.me(), by);
                number
            }
            Request::Down { number, by } => {
                self.counter.down(context.me(), by);
                number
            }
            Request::Read { number } => {
                return context.output(Answer::Value { number, value: self.counter.value() });
            }
        };
        self.save_and_tell(context);
        context.output(Answer::Done { number });
    }

    fn on_message(&mut self, _: NodeId, counter: Both, context: &mut Context<'_, Self>) {
        let before = self.counter.clone();
        self.counter.join(&counter);
        if self.counter != before {
            self.save_and_tell(context);
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        self.tell(context);
    }
}

impl Counters for Node {}
