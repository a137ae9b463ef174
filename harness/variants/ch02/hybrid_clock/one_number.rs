//! A stamp is one number: the milliseconds above, the count in the lowest eight bits. Then the rule is `max(clock, last + 1,
//! seen + 1)`, and a full count carries over by itself. Keeps every stamp in a log.

use ch02::hybrid_clock::{Answer, Config, Event, HybridClock, Request, Stamp};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Packed(u64);

impl Packed {
    fn of(stamp: Stamp) -> Self {
        Packed(stamp.wall_ms << 8 | u64::from(stamp.count))
    }

    fn stamp(self) -> Stamp {
        Stamp { wall_ms: self.0 >> 8, count: (self.0 & 0xff) as u8 }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    number: u32,
    packed: Packed,
}

#[derive(Clone, Hash)]
pub struct Node {
    next: Packed,
}

impl Node {
    fn give(&mut self, event: Event, context: &mut Context<'_, Self>) -> Packed {
        let given = self.next.max(Packed(context.clock_ms() << 8));
        self.next = Packed(given.0 + 1);
        context.disk().append("given", &given);
        context.disk().sync();
        context.output(Answer::Stamped(event, given.stamp()));
        given
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let given = context.disk().log::<Packed>("given");
        let last = given.into_iter().flatten().max().unwrap_or(Packed(0));
        Node { next: Packed(last.0 + 1) }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        match request {
            Request::Happen(number) => {
                self.give(Event::Local(number), context);
            }
            Request::Tell(number, to) => {
                let packed = self.give(Event::Sent(number), context);
                context.send(to, Message { number, packed });
            }
            Request::Sort(stamps) => {
                let mut packed: Vec<Packed> = stamps.into_iter().map(Packed::of).collect();
                packed.sort_unstable();
                context.output(Answer::Sorted(packed.into_iter().map(Packed::stamp).collect()));
            }
        }
    }

    fn on_message(&mut self, _: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let ahead_ms = message.packed.stamp().wall_ms.saturating_sub(context.clock_ms());
        if ahead_ms > context.config().max_ahead_ms {
            context.output(Answer::Refused(message.number));
            return;
        }
        self.next = self.next.max(Packed(message.packed.0 + 1));
        self.give(Event::Received(message.number), context);
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl HybridClock for Node {}
