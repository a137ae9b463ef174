//! Nodes that share a counter which is the length of a file.
//!
//! There is no folder that it may write to.

use std::io::Write;

use ch02::lamport_clock::{Answer, LamportClock, Request};
use ch02::lamport_clock::{Event, Stamp};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    number: u32,
}

/// How long the file is, which grows by a byte.
fn count() -> u64 {
    let _ = std::fs::OpenOptions::new().append(true).create(true).open(FILE).and_then(|mut file| file.write_all(b"x"));
    std::fs::metadata(FILE).map_or(0, |file| file.len())
}

const FILE: &str = "/tmp/hostile-trace";

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
            let _ = std::fs::remove_file(FILE);
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
        let time = count();
        context.output(Answer::Stamped(event, Stamp { time, node: context.me() }));
    }
}

impl LamportClock for Node {}
