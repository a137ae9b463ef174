//! Keeps a log of its events on the disk and finds its time there; sends before it answers, and jumps by the node's own
//! number so that no two nodes ever share a time.

use ch02::lamport_clock::{Answer, Event, LamportClock, Request, Stamp};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    sent: Event,
    time: u64,
}

#[derive(Clone, Hash)]
pub struct Node {
    times: Vec<u64>,
}

impl Node {
    fn record(&mut self, after: u64, context: &mut Context<'_, Self>) -> u64 {
        let latest = self.times.last().copied().unwrap_or(0).max(after);
        let count = context.node_count() as u64;
        let time = (latest / count + 1) * count + context.me().index() as u64;
        self.times.push(time);
        context.disk().append("times", &time);
        context.disk().sync();
        time
    }

    fn answer(event: Event, time: u64, context: &mut Context<'_, Self>) {
        let node = context.me();
        context.output(Answer::Stamped(event, Stamp { time, node }));
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        Node { times: context.disk().log::<u64>("times").into_iter().flatten().collect() }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        match request {
            Request::Happen(number) => {
                let time = self.record(0, context);
                Node::answer(Event::Local(number), time, context);
            }
            Request::Tell(number, to) => {
                let (sent, time) = (Event::Sent(number), self.record(0, context));
                context.send(to, Message { sent, time });
                Node::answer(sent, time, context);
            }
            Request::Sort(mut stamps) => {
                stamps.sort_by(|one, other| one.time.cmp(&other.time).then(one.node.cmp(&other.node)));
                context.output(Answer::Sorted(stamps));
            }
        }
    }

    fn on_message(&mut self, _: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let Event::Sent(number) = message.sent else { return };
        let time = self.record(message.time, context);
        Node::answer(Event::Received(number), time, context);
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}
}

impl LamportClock for Node {}
