//! Keeps the changes themselves, each under a number that its replica gives once: a set that only grows, summed up on demand.
//! Nodes keep their own changes in a log, and ask each other for what they have not got (anti-entropy by digest).

use std::collections::BTreeMap;

use ch06::counters::{Answer, Counters, GrowOnly, Request, UpAndDown};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Both {
    changes: BTreeMap<(NodeId, u64), i64>,
}

impl Both {
    fn change(&mut self, replica: NodeId, by: i64) -> (NodeId, u64) {
        let mut of_replica = self.changes.range((replica, 0)..=(replica, u64::MAX));
        let key = (replica, of_replica.next_back().map_or(1, |((_, number), _)| number + 1));
        self.changes.insert(key, by);
        key
    }
}

impl UpAndDown for Both {
    fn up(&mut self, replica: NodeId, by: u64) {
        self.change(replica, by as i64);
    }

    fn down(&mut self, replica: NodeId, by: u64) {
        self.change(replica, -(by as i64));
    }

    fn value(&self) -> i64 {
        self.changes.values().sum()
    }

    fn join(&mut self, other: &Self) {
        self.changes.extend(other.changes.iter().map(|(key, by)| (*key, *by)));
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Growing(Both);

impl GrowOnly for Growing {
    fn up(&mut self, replica: NodeId, by: u64) {
        self.0.up(replica, by);
    }

    fn value(&self) -> u64 {
        self.0.value().unsigned_abs()
    }

    fn join(&mut self, other: &Self) {
        self.0.join(&other.0);
    }
}

type Digest = BTreeMap<NodeId, u64>;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Have(Digest),
    News(Vec<((NodeId, u64), i64)>),
}

#[derive(Clone, Hash)]
pub struct Node {
    counter: Both,
}

impl Node {
    /// Of every replica the last change that is known without a gap.
    fn digest(&self) -> Digest {
        let mut digest = Digest::new();
        for (replica, number) in self.counter.changes.keys() {
            let last = digest.entry(*replica).or_insert(0);
            if *number == *last + 1 {
                *last = *number;
            }
        }
        digest
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let wait_ms = 150 + 10 * context.me().index() as u64;
        context.set_timer((), wait_ms);
        let own = context.disk().log::<((NodeId, u64), i64)>("own").into_iter().flatten();
        Node { counter: Both { changes: own.collect() } }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let (number, by) = match request {
            Request::Up { number, by } => (number, by as i64),
            Request::Down { number, by } => (number, -(by as i64)),
            Request::Read { number } => {
                return context.output(Answer::Value { number, value: self.counter.value() });
            }
        };
        let key = self.counter.change(context.me(), by);
        context.disk().append("own", &(key, by));
        context.disk().sync();
        context.output(Answer::Done { number });
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::Have(theirs) => {
                let missing = |key: &(NodeId, u64)| key.1 > theirs.get(&key.0).copied().unwrap_or(0);
                let news = self.counter.changes.iter().filter(|(key, _)| missing(key)).map(|(key, by)| (*key, *by));
                let news: Vec<_> = news.collect();
                if !news.is_empty() {
                    context.send(from, Message::News(news));
                }
            }
            Message::News(news) => self.counter.changes.extend(news),
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        context.broadcast(Message::Have(self.digest()));
        context.set_timer((), 150);
    }
}

impl Counters for Node {}
