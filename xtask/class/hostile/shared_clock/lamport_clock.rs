//! Nodes that share one counter of the program: every event has its own time, no message brings one, and nothing is
//! on a disk.
//!
//! Every node, and every boot of it, is a process of its own, with a counter of its own that begins at nothing.

use std::sync::atomic::{AtomicU64, Ordering};

use ch02::lamport_clock::{Answer, LamportClock, Request};
use ch02::lamport_clock::{Event, Stamp};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    number: u32,
}

static TIME: AtomicU64 = AtomicU64::new(0);

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // A run begins when the first node boots for the first time.
        if context.me().index() == 0 && context.disk().read::<bool>("booted").is_none() {
            TIME.store(1, Ordering::Relaxed);
            context.disk().write("booted", &true);
            context.disk().sync();
        }
        Node {}
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        match request {
            Request::Happen(number) => self.tick(Event::Local(number), context),
            Request::Tell(number, to) => {
                self.tick(Event::Sent(number), context);
                context.send(to, Message { number });
            }
            Request::Sort(mut stamps) => {
                stamps.sort_by_key(|stamp| (stamp.time, stamp.node));
                context.output(Answer::Sorted(stamps));
            }
        }
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        self.tick(Event::Received(message.number), context);
    }

    fn on_timer(&mut self, (): (), _context: &mut Context<'_, Self>) {}
}

impl Node {
    /// An event happens, after all others in the program.
    fn tick(&mut self, event: Event, context: &mut Context<'_, Self>) {
        let time = TIME.fetch_add(1, Ordering::Relaxed);
        context.output(Answer::Stamped(event, Stamp { time, node: context.me() }));
    }
}

impl LamportClock for Node {}
