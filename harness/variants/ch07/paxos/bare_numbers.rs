//! A ballot is a bare number that two nodes may well use. It does no harm, for an acceptor promises each number once, to one
//! node, and says nothing to the other; so no more than one of them gets a majority. The promise is made to oneself first,
//! so that a number is not used again after a crash. Two who use the same one for ever are kept apart by chance alone.

use std::collections::BTreeSet;

use ch07::paxos::{Decided, Paxos, Propose, Value};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Prepare(u64),
    Promise(u64, Option<(u64, Value)>),
    Accept(u64, Value),
    Accepted(u64),
    Decided(Value),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Retry,
}

#[derive(Clone, Hash)]
pub struct Node {
    ballot: u64,
    promised: u64,
    accepted: Option<(u64, Value)>,
    value: Option<Value>,
    best: Option<(u64, Value)>,
    promises: BTreeSet<NodeId>,
    accepts: BTreeSet<NodeId>,
    decided: Option<Value>,
}

impl Node {
    fn all(message: Message, context: &mut Context<'_, Self>) {
        for node in context.nodes() {
            context.send(node, message.clone());
        }
    }

    fn start(&mut self, context: &mut Context<'_, Self>) {
        self.ballot = self.ballot.max(self.promised) + 1;
        self.promises.clear();
        self.accepts.clear();
        self.best = None;
        Self::all(Message::Prepare(self.ballot), context);
        let wait_ms = context.random().random_range(110..400);
        context.set_timer(Timer::Retry, wait_ms);
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Propose;
    type Output = Decided;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        Node {
            ballot: 0,
            promised: context.disk().read("promised").unwrap_or(0),
            accepted: context.disk().read("accepted").unwrap_or(None),
            value: None,
            best: None,
            promises: BTreeSet::new(),
            accepts: BTreeSet::new(),
            decided: None,
        }
    }

    fn on_input(&mut self, Propose(value): Propose, context: &mut Context<'_, Self>) {
        if let Some(value) = self.decided {
            context.output(Decided(value));
            context.broadcast(Message::Decided(value));
            return;
        }
        self.value = Some(value);
        self.start(context);
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::Prepare(b) => {
                if b > self.promised {
                    self.promised = b;
                    context.disk().write("promised", &b);
                    context.disk().sync();
                    context.send(from, Message::Promise(b, self.accepted));
                }
            }
            Message::Promise(b, accepted) => {
                if b != self.ballot {
                    return;
                }
                self.promises.insert(from);
                self.best = self.best.max(accepted);
                if self.promises.len() == context.node_count() / 2 + 1 {
                    let value = self.best.map(|(_, v)| v).or(self.value).unwrap();
                    Self::all(Message::Accept(b, value), context);
                    self.value = Some(value);
                }
            }
            Message::Accept(b, value) => {
                if b >= self.promised {
                    self.promised = b;
                    self.accepted = Some((b, value));
                    context.disk().write("promised", &b);
                    context.disk().write("accepted", &self.accepted);
                    context.disk().sync();
                    context.send(from, Message::Accepted(b));
                }
            }
            Message::Accepted(b) => {
                if b != self.ballot {
                    return;
                }
                self.accepts.insert(from);
                if self.accepts.len() == context.node_count() / 2 + 1 {
                    self.decided = self.value;
                    context.output(Decided(self.value.unwrap()));
                    context.broadcast(Message::Decided(self.value.unwrap()));
                }
            }
            Message::Decided(v) => {
                if self.decided.is_none() {
                    self.decided = Some(v);
                    context.output(Decided(v));
                }
            }
        }
    }

    fn on_timer(&mut self, _: Timer, context: &mut Context<'_, Self>) {
        if self.decided.is_none() {
            self.start(context);
        }
    }
}

impl Paxos for Node {}
