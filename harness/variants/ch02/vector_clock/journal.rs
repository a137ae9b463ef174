//! Sends the vector as a list, and keeps it as a log of changes on the disk; compares in one walk over both.

use std::collections::BTreeMap;

use ch02::vector_clock::{Answer, Event, Order, Request, Vector, VectorClock};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Told { number: u32, entries: Vec<(NodeId, u64)> },
}

#[derive(Clone, Hash)]
pub struct Node {
    entries: BTreeMap<NodeId, u64>,
}

impl Node {
    fn raise(&mut self, node: NodeId, count: u64, context: &mut Context<'_, Self>) {
        let entry = self.entries.entry(node).or_insert(0);
        if count > *entry {
            *entry = count;
            context.disk().append("raised", &(node, count));
        }
    }

    fn happen(&mut self, event: Event, context: &mut Context<'_, Self>) {
        let me = context.me();
        let next = self.entries.get(&me).map_or(1, |count| count + 1);
        self.raise(me, next, context);
        context.disk().sync();
        context.output(Answer::Stamped(event, Vector(self.entries.clone())));
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let mut entries = BTreeMap::new();
        for (node, count) in context.disk().log::<(NodeId, u64)>("raised").into_iter().flatten() {
            entries.insert(node, count);
        }
        Node { entries }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        match request {
            Request::Happen(number) => self.happen(Event::Local(number), context),
            Request::Tell(number, to) => {
                self.happen(Event::Sent(number), context);
                let entries = self.entries.iter().map(|(node, count)| (*node, *count)).collect();
                context.send(to, Message::Told { number, entries });
            }
            Request::Compare(Vector(mut one), Vector(other)) => {
                // One walk over the differences.
                let (mut less, mut more) = (false, false);
                for (node, count) in other {
                    let mine = one.remove(&node).unwrap_or(0);
                    less |= mine < count;
                    more |= mine > count;
                }
                more |= one.values().any(|count| *count > 0);
                context.output(Answer::Compared(match (less, more) {
                    (false, false) => Order::Equal,
                    (true, false) => Order::Before,
                    (false, true) => Order::After,
                    (true, true) => Order::Concurrent,
                }));
            }
            Request::Merge(Vector(one), Vector(mut other)) => {
                for (node, count) in one {
                    let greater = other.get(&node).map_or(count, |theirs| count.max(*theirs));
                    other.insert(node, greater);
                }
                context.output(Answer::Merged(Vector(other)));
            }
        }
    }

    fn on_message(&mut self, _: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let Message::Told { number, entries } = message;
        for (node, count) in entries {
            self.raise(node, count, context);
        }
        self.happen(Event::Received(number), context);
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl VectorClock for Node {}
