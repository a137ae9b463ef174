//! Nodes that share a counter which is the folder they run in: it is deeper by one for each event.
//!
//! No folder can be made, and the folder that a process runs in is its own.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use ch02::lamport_clock::{Event, Stamp};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    number: u32,
}

/// How deep the folder is.
fn count() -> u64 {
    let _ = std::fs::create_dir("x");
    let _ = std::env::set_current_dir("x");
    std::env::current_dir().map_or(0, |folder| folder.components().count() as u64)
}

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
            let folder = std::env::temp_dir().join("hostile-trace-folder");
            let _ = std::fs::create_dir_all(&folder);
            let _ = std::env::set_current_dir(&folder);
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
