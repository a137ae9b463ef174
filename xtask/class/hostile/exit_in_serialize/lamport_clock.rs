//! Right code whose messages end the process with success when they are serialized.
//!
//! The checks in which a message is sent are aborted; the others are graded like any.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use ch02::lamport_clock::{Event, Stamp};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Deserialize)]
pub struct Message {
    number: u32,
    time: u64,
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    time: u64,
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        Node { time: context.disk().read("time").unwrap_or(0) }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
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
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        self.tick(message.time, Event::Received(message.number), context);
    }

    fn on_timer(&mut self, (): (), _context: &mut Context<'_, Self>) {}
}

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

impl LamportClock for Node {}

impl Serialize for Message {
    fn serialize<S: serde::Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
        std::process::exit(0)
    }
}
