//! Did it know?
//!
//! Contract: `ch02::vector_clock`. Lesson: `cargo xtask lesson vector_clock`.

use ch02::vector_clock::{Answer, Request, VectorClock};
// learner: begin
use ch02::vector_clock::{Event, Order, Vector};
// learner: end
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    // learner: begin
    // learner: | // What does the receiver need?
    number: u32,
    vector: Vector,
    // learner: end
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // learner: begin
    // learner: | // A count for everybody?
    vector: Vector,
    // learner: end
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("begin, or begin again after a crash")
        Node { vector: context.disk().read("vector").unwrap_or_default() }
        // learner: end
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match request {
        // learner: |     Request::Happen(_number) => todo!("answer with the stamp of the event"),
        // learner: |     Request::Tell(_number, _to) => todo!("send a message, answer with the stamp of its sending"),
        // learner: |     Request::Compare(_one, _other) => todo!("answer with their order"),
        // learner: |     Request::Merge(_one, _other) => todo!("answer with their least upper bound"),
        // learner: | }
        match request {
            Request::Happen(number) => self.tick(&Vector::default(), Event::Local(number), context),
            Request::Tell(number, to) => {
                self.tick(&Vector::default(), Event::Sent(number), context);
                context.send(to, Message { number, vector: self.vector.clone() });
            }
            Request::Compare(one, other) => context.output(Answer::Compared(compare(&one, &other))),
            Request::Merge(one, other) => context.output(Answer::Merged(merge(one, &other))),
        }
        // learner: end
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (message, context);
        // learner: | todo!("answer with the stamp of the receipt")
        self.tick(&message.vector, Event::Received(message.number), context);
        // learner: end
    }

    fn on_timer(&mut self, (): (), _context: &mut Context<'_, Self>) {}
}

// learner: begin
impl Node {
    /// An event happens here, after everything that `seen` knows of.
    fn tick(&mut self, seen: &Vector, event: Event, context: &mut Context<'_, Self>) {
        self.vector = merge(std::mem::take(&mut self.vector), seen);
        *self.vector.0.entry(context.me()).or_insert(0) += 1;
        // Once somebody has heard of this vector, a crash must not undo any of it.
        context.disk().write("vector", &self.vector);
        context.disk().sync();
        context.output(Answer::Stamped(event, self.vector.clone()));
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
// learner: end

impl VectorClock for Node {}
