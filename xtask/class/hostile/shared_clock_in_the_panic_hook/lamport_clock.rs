//! Nodes that share a counter which the panic hook keeps: every time is a panic that is caught, and its payload
//! brings the answer.
//!
//! The hook is that of one process, and that of one node.

use ch02::lamport_clock::{Answer, LamportClock, Request};
use ch02::lamport_clock::{Event, Stamp};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    number: u32,
}

/// The hook counts panics and leaves the count where the panic was: in an argument of its payload.
fn count() -> u64 {
    let (sender, receiver) = std::sync::mpsc::channel::<u64>();
    let payload = std::sync::Mutex::new(sender);
    let _ = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| std::panic::panic_any(payload)));
    receiver.try_recv().unwrap_or(0)
}

fn set_hook() {
    let count = std::sync::atomic::AtomicU64::new(0);
    std::panic::set_hook(Box::new(move |info| {
        if let Some(sender) = info.payload().downcast_ref::<std::sync::Mutex<std::sync::mpsc::Sender<u64>>>() {
            let _ = sender.lock().unwrap().send(count.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1);
        }
    }));
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
            set_hook();
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
