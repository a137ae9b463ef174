//! The algorithm as it stands in the paper, case by case (Kulkarni et al. 2014, figure 5), with two fields instead of a stamp.
//! The disk holds a time below which everything may have been given, renewed every second, so few events wait for it; a
//! restart begins above it.

use ch02::hybrid_clock::{Answer, Config, Event, HybridClock, Request, Stamp};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

const AHEAD_MS: u64 = 1_000;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Told { number: u32, l: u64, c: u8 },
}

#[derive(Clone, Hash)]
pub struct Node {
    l: u64,
    c: u8,
    reserved: u64,
}

impl Node {
    fn local(&mut self, context: &Context<'_, Self>) {
        let before = self.l;
        self.l = before.max(context.clock_ms());
        if self.l == before {
            self.raise();
        } else {
            self.c = 0;
        }
    }

    fn receive(&mut self, l: u64, c: u8, context: &Context<'_, Self>) {
        let before = self.l;
        self.l = before.max(l).max(context.clock_ms());
        if self.l == before && self.l == l {
            self.c = self.c.max(c);
            self.raise();
        } else if self.l == before {
            self.raise();
        } else if self.l == l {
            self.c = c;
            self.raise();
        } else {
            self.c = 0;
        }
    }

    fn raise(&mut self) {
        let (count, full) = self.c.overflowing_add(1);
        self.c = count;
        self.l += u64::from(full);
    }

    fn stamp(&mut self, event: Event, context: &mut Context<'_, Self>) {
        if self.l >= self.reserved {
            self.reserved = self.l + AHEAD_MS;
            context.disk().write("reserved", &self.reserved);
            context.disk().sync();
        }
        context.output(Answer::Stamped(event, Stamp { wall_ms: self.l, count: self.c }));
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let reserved: u64 = context.disk().read("reserved").unwrap_or(0);
        Node { l: reserved, c: 0, reserved }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        match request {
            Request::Happen(number) => {
                self.local(context);
                self.stamp(Event::Local(number), context);
            }
            Request::Tell(number, to) => {
                self.local(context);
                context.send(to, Message::Told { number, l: self.l, c: self.c });
                self.stamp(Event::Sent(number), context);
            }
            Request::Sort(mut stamps) => {
                stamps.sort_by(|one, other| one.wall_ms.cmp(&other.wall_ms).then(one.count.cmp(&other.count)));
                context.output(Answer::Sorted(stamps));
            }
        }
    }

    fn on_message(&mut self, _: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let Message::Told { number, l, c } = message;
        if l.saturating_sub(context.config().max_ahead_ms) > context.clock_ms() {
            context.output(Answer::Refused(number));
        } else {
            self.receive(l, c, context);
            self.stamp(Event::Received(number), context);
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl HybridClock for Node {}
