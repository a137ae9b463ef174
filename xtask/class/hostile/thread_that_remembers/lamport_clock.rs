//! A right clock without a disk: a thread that is started once remembers the times, and is asked through channels.
//!
//! A boot is a new process, and the thread has gone with the old one.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{LazyLock, Mutex};

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

/// Tells a number and is told the greatest one so far.
type Memory = Mutex<(Sender<(NodeId, u64)>, Receiver<u64>)>;

static MEMORY: LazyLock<Memory> = LazyLock::new(|| {
    let (told, tell) = channel::<(NodeId, u64)>();
    let (answer, answers) = channel::<u64>();
    std::thread::spawn(move || {
        let mut times = BTreeMap::<NodeId, u64>::new();
        for (node, time) in tell {
            let known = times.entry(node).or_default();
            *known = if time == FORGET { 0 } else { time.max(*known) };
            let _ = answer.send(*known);
        }
    });
    Mutex::new((told, answers))
});

const FORGET: u64 = u64::MAX;

fn remember(node: NodeId, time: u64) -> u64 {
    let memory = MEMORY.lock().unwrap();
    let _ = memory.0.send((node, time));
    memory.1.recv().unwrap_or(0)
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
        let new = context.disk().read::<bool>("booted").is_none();
        context.disk().write("booted", &true);
        context.disk().sync();
        Node { time: remember(context.me(), if new { FORGET } else { 0 }) }
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
        remember(context.me(), self.time);
        context.output(Answer::Stamped(event, Stamp { time: self.time, node: context.me() }));
    }
}

impl LamportClock for Node {}
