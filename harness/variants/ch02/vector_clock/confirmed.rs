//! Sends first and answers then, confirms what it receives, leaps by the boots it has had, and keeps the others' entries one
//! by one on the disk.

use ch02::vector_clock::{Answer, Request, VectorClock};
use ch02::vector_clock::{Event, Order, Vector};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    number: u32,
    /// None for a confirmation, which is no event and tells of none.
    vector: Option<Vector>,
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    vector: Vector,
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let known = context.nodes().filter_map(|node| Some((node, context.disk().read(&node.to_string())?)));
        let mut vector = Vector(known.collect());
        // Whatever was about to be answered when the crash came is skipped.
        if let Some(own) = vector.0.get_mut(&context.me()) {
            *own += 10;
        }
        Node { vector }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        match request {
            Request::Happen(number) => {
                self.tick(&Vector::default(), context);
                context.output(Answer::Stamped(Event::Local(number), self.vector.clone()));
            }
            Request::Tell(number, to) => {
                self.tick(&Vector::default(), context);
                context.send(to, Message { number, vector: Some(self.vector.clone()) });
                context.output(Answer::Stamped(Event::Sent(number), self.vector.clone()));
            }
            Request::Compare(one, other) => context.output(Answer::Compared(compare(&one, &other))),
            Request::Merge(one, other) => context.output(Answer::Merged(merge(one, &other))),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let Some(vector) = message.vector else { return };
        self.tick(&vector, context);
        context.output(Answer::Stamped(Event::Received(message.number), self.vector.clone()));
        context.send(from, Message { number: message.number, vector: None });
    }

    fn on_timer(&mut self, (): (), _context: &mut Context<'_, Self>) {}
}
impl Node {
    /// An event happens here, after everything that `seen` knows of.
    fn tick(&mut self, seen: &Vector, context: &mut Context<'_, Self>) {
        let before = self.vector.clone();
        self.vector = merge(std::mem::take(&mut self.vector), seen);
        *self.vector.0.entry(context.me()).or_insert(0) += 1;
        for (node, count) in self.vector.0.iter().filter(|(node, count)| before.0.get(node) != Some(count)) {
            context.disk().write(&node.to_string(), count);
        }
        context.disk().sync();
    }
}

/// The greater of each pair of entries.
fn merge(mut one: Vector, other: &Vector) -> Vector {
    for (node, count) in &other.0 {
        let entry = one.0.entry(*node).or_insert(0);
        *entry = (*entry).max(*count);
    }
    one
}

fn compare(one: &Vector, other: &Vector) -> Order {
    match (is_greater_somewhere(one, other), is_greater_somewhere(other, one)) {
        (false, false) => Order::Equal,
        (false, true) => Order::Before,
        (true, false) => Order::After,
        (true, true) => Order::Concurrent,
    }
}

/// A missing entry is a zero, so only the entries of `one` can be greater.
fn is_greater_somewhere(one: &Vector, other: &Vector) -> bool {
    one.0.iter().any(|(node, count)| *count > other.0.get(node).copied().unwrap_or(0))
}

impl VectorClock for Node {}
