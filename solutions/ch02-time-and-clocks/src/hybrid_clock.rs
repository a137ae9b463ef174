//! About when was it?
//!
//! Contract: `ch02::hybrid_clock`. Lesson: `cargo xtask lesson hybrid_clock`.

use ch02::hybrid_clock::{Answer, Config, HybridClock, Request};
// learner: begin
use ch02::hybrid_clock::{Event, Stamp};
// learner: end
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    // learner: begin
    // learner: | // What does the receiver need?
    number: u32,
    stamp: Stamp,
    // learner: end
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // learner: begin
    // learner: | // The last stamp?
    last: Option<Stamp>,
    // learner: end
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("begin, or begin again after a crash")
        Node { last: context.disk().read("last") }
        // learner: end
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match request {
        // learner: |     Request::Happen(_number) => todo!("answer with the stamp of the event"),
        // learner: |     Request::Tell(_number, _to) => todo!("send a message, answer with the stamp of its sending"),
        // learner: |     Request::Sort(_stamps) => todo!("answer with the stamps in their order"),
        // learner: | }
        match request {
            Request::Happen(number) => drop(self.tick(None, Event::Local(number), context)),
            Request::Tell(number, to) => {
                let stamp = self.tick(None, Event::Sent(number), context);
                context.send(to, Message { number, stamp });
            }
            Request::Sort(mut stamps) => {
                stamps.sort_by_key(|stamp| (stamp.wall_ms, stamp.count));
                context.output(Answer::Sorted(stamps));
            }
        }
        // learner: end
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (message, context);
        // learner: | todo!("believe it, and answer with the stamp of its receipt, or refuse it")
        if message.stamp.wall_ms > context.clock_ms() + context.config().max_ahead_ms {
            return context.output(Answer::Refused(message.number));
        }
        self.tick(Some(message.stamp), Event::Received(message.number), context);
        // learner: end
    }

    fn on_timer(&mut self, (): (), _context: &mut Context<'_, Self>) {}
}

// learner: begin
impl Node {
    /// An event happens here, after everything before it and after what a message has brought.
    fn tick(&mut self, seen: Option<Stamp>, event: Event, context: &mut Context<'_, Self>) -> Stamp {
        let stamp = next(context.clock_ms(), &[self.last, seen]);
        self.last = Some(stamp);
        // Once somebody has heard of this stamp, a crash must not bring it back.
        context.disk().write("last", &stamp);
        context.disk().sync();
        context.output(Answer::Stamped(event, stamp));
        stamp
    }
}

/// The least stamp that is not below the clock and above all that was before.
fn next(clock_ms: u64, before: &[Option<Stamp>]) -> Stamp {
    let before = || before.iter().flatten();
    let wall_ms = before().map(|stamp| stamp.wall_ms).fold(clock_ms, u64::max);
    match before().filter(|stamp| stamp.wall_ms == wall_ms).map(|stamp| stamp.count).max() {
        None => Stamp { wall_ms, count: 0 },
        Some(u8::MAX) => Stamp { wall_ms: wall_ms + 1, count: 0 },
        Some(count) => Stamp { wall_ms, count: count + 1 },
    }
}
// learner: end

impl HybridClock for Node {}
