//! Reserves times in blocks, so that only every hundredth event waits for the disk; a restart begins a new block.

use ch02::lamport_clock::{Answer, Event, LamportClock, Request, Stamp};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

const BLOCK: u64 = 100;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Told(u32, Stamp),
}

#[derive(Clone, Hash)]
pub struct Node {
    next: u64,
    reserved: u64,
}

impl Node {
    fn stamp(&mut self, event: Event, context: &mut Context<'_, Self>) -> Stamp {
        if self.next >= self.reserved {
            self.reserved = self.next + BLOCK;
            context.disk().write("reserved", &self.reserved);
            context.disk().sync();
        }
        let stamp = Stamp { time: self.next, node: context.me() };
        self.next += 1;
        context.output(Answer::Stamped(event, stamp));
        stamp
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let reserved = context.disk().read("reserved").unwrap_or(1);
        Node { next: reserved, reserved }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        match request {
            Request::Happen(number) => {
                self.stamp(Event::Local(number), context);
            }
            Request::Tell(number, to) => {
                let stamp = self.stamp(Event::Sent(number), context);
                context.send(to, Message::Told(number, stamp));
            }
            Request::Sort(stamps) => {
                let mut pairs: Vec<(u64, NodeId)> = stamps.iter().map(|stamp| (stamp.time, stamp.node)).collect();
                pairs.sort_unstable();
                let sorted = pairs.into_iter().map(|(time, node)| Stamp { time, node }).collect();
                context.output(Answer::Sorted(sorted));
            }
        }
    }

    fn on_message(&mut self, _: NodeId, Message::Told(number, sent): Message, context: &mut Context<'_, Self>) {
        self.next = self.next.max(sent.time + 1);
        self.stamp(Event::Received(number), context);
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
