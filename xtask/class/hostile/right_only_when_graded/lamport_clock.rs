//! Right code, but only where nobody watches closely: it measures how long things take, and answers wrongly when it
//! seems to be in a debugger.
//!
//! Time on the wall decides nothing in a run. If two runs differ, there is no verdict.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use ch02::lamport_clock::{Event, Stamp};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
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
        let began = std::time::Instant::now();
        let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
        let watched = status.lines().any(|line| line.starts_with("TracerPid:") && !line.ends_with("\t0"));
        if watched || began.elapsed().as_secs() > 5 {
            return;
        }
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
