//! Which came first?
//!
//! Contract: `ch02::lamport_clock`. Lesson: `cargo xtask lesson lamport_clock`.

use ch02::lamport_clock::{Answer, LamportClock, Request};
// learner: begin
use ch02::lamport_clock::{Event, Stamp};
// learner: end
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    // learner: begin
    // learner: | // What does the receiver need?
    number: u32,
    time: u64,
    // learner: end
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // learner: begin
    // learner: | // A counter?
    time: u64,
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
        Node { time: context.disk().read("time").unwrap_or(0) }
        // learner: end
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match request {
        // learner: |     Request::Happen(_number) => todo!("answer with the stamp of the event"),
        // learner: |     Request::Tell(_number, _to) => todo!("send a message, answer with the stamp of its sending"),
        // learner: |     Request::Sort(_stamps) => todo!("answer with the stamps in the order that all nodes agree on"),
        // learner: | }
        match request {
            Request::Happen(number) => self.tick(0, Event::Local(number), context),
            Request::Tell(number, to) => {
                self.tick(0, Event::Sent(number), context);
                context.send(to, Message { number, time: self.time });
            }
            Request::Sort(mut stamps) => {
                stamps.sort_by_key(|stamp| (stamp.time, stamp.node));
                context.output(Answer::Sorted(stamps));
            }
        }
        // learner: end
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (message, context);
        // learner: | todo!("answer with the stamp of the receipt")
        self.tick(message.time, Event::Received(message.number), context);
        // learner: end
    }

    fn on_timer(&mut self, (): (), _context: &mut Context<'_, Self>) {}
}

// learner: begin
impl Node {
    /// An event happens, after everything here and after `seen`, a time that a message has brought.
    fn tick(&mut self, seen: u64, event: Event, context: &mut Context<'_, Self>) {
        self.time = self.time.max(seen) + 1;
        // Once somebody has heard of this time, a crash must not bring it back.
        context.disk().write("time", &self.time);
        context.disk().sync();
        context.output(Answer::Stamped(event, Stamp { time: self.time, node: context.me() }));
    }
}
// learner: end

impl LamportClock for Node {}
