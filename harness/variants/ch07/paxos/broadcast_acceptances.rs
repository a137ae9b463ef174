//! Acceptors tell everybody what they accept, and every node counts for itself; nobody is told of a refusal. The ballot is
//! a number of which the rest modulo the number of nodes says whose it is, the disk is a log, and a decision is on it.
//! Who waits how long follows from the node's number and not from chance.

use std::collections::{BTreeMap, BTreeSet};

use ch07::paxos::{Decided, Paxos, Propose, Value};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    OneA(u64),
    OneB(u64, u64, Option<Value>),
    TwoA(u64, Value),
    TwoB(u64, Value),
    WhoKnows,
    ItIs(Value),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Record {
    Promised(u64),
    Accepted(u64, Value),
    Decided(Value),
}

#[derive(Clone, Hash)]
pub struct Node {
    promised: u64,
    voted: (u64, Option<Value>),
    mine: u64,
    asked: Option<Value>,
    heard: BTreeMap<NodeId, (u64, Option<Value>)>,
    proposed: bool,
    tries: u64,
    votes: BTreeMap<(u64, Value), BTreeSet<NodeId>>,
    decided: Option<Value>,
}

impl Node {
    fn log(record: &Record, context: &mut Context<'_, Self>) {
        context.disk().append("log", record);
        context.disk().sync();
    }

    fn all(message: Message, context: &mut Context<'_, Self>) {
        for node in context.nodes() {
            context.send(node, message.clone());
        }
    }

    fn start(&mut self, context: &mut Context<'_, Self>) {
        let (count, me) = (context.node_count() as u64, context.me().index() as u64);
        let above = self.promised.max(self.mine);
        self.mine = (above / count + 1) * count + me;
        self.promised = self.mine;
        Self::log(&Record::Promised(self.mine), context);
        self.heard.clear();
        self.proposed = false;
        Self::all(Message::OneA(self.mine), context);
        self.tries += 1;
        context.set_timer((), 130 + (me * 110 + 40) * self.tries.min(3));
    }

    fn decide(&mut self, value: Value, context: &mut Context<'_, Self>) {
        if self.decided.is_some() {
            return;
        }
        self.decided = Some(value);
        Self::log(&Record::Decided(value), context);
        context.output(Decided(value));
        if self.asked.is_some() {
            context.broadcast(Message::ItIs(value));
        }
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Propose;
    type Output = Decided;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let mut node = Node {
            promised: 0,
            voted: (0, None),
            mine: 0,
            asked: None,
            heard: BTreeMap::new(),
            proposed: false,
            tries: 0,
            votes: BTreeMap::new(),
            decided: None,
        };
        for record in context.disk().log::<Record>("log").into_iter().flatten() {
            match record {
                Record::Promised(ballot) => node.promised = node.promised.max(ballot),
                Record::Accepted(ballot, value) => {
                    node.promised = node.promised.max(ballot);
                    node.voted = (ballot, Some(value));
                }
                Record::Decided(value) => node.decided = Some(value),
            }
        }
        if let Some(value) = node.decided {
            context.output(Decided(value));
        } else {
            context.broadcast(Message::WhoKnows);
        }
        node
    }

    fn on_input(&mut self, Propose(value): Propose, context: &mut Context<'_, Self>) {
        if let Some(value) = self.decided {
            context.output(Decided(value));
            context.broadcast(Message::ItIs(value));
        } else if self.asked.is_none() {
            self.asked = Some(value);
            self.start(context);
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let quorum = context.node_count() / 2 + 1;
        match (message, self.decided) {
            (Message::OneA(_) | Message::WhoKnows, Some(value)) if from != context.me() => {
                context.send(from, Message::ItIs(value));
            }
            (Message::OneA(ballot), _) if ballot >= self.promised => {
                self.promised = ballot;
                Self::log(&Record::Promised(ballot), context);
                context.send(from, Message::OneB(ballot, self.voted.0, self.voted.1));
            }
            (Message::OneB(ballot, at, value), None) if ballot == self.mine && !self.proposed => {
                self.heard.insert(from, (at, value));
                if self.heard.len() >= quorum {
                    let bound = self.heard.values().max_by_key(|(at, _)| *at).and_then(|(_, value)| *value);
                    self.proposed = true;
                    Self::all(Message::TwoA(ballot, bound.or(self.asked).unwrap()), context);
                }
            }
            (Message::TwoA(ballot, value), _) if ballot >= self.promised => {
                self.promised = ballot;
                self.voted = (ballot, Some(value));
                Self::log(&Record::Accepted(ballot, value), context);
                Self::all(Message::TwoB(ballot, value), context);
            }
            (Message::TwoB(ballot, value), None) => {
                let voters = self.votes.entry((ballot, value)).or_default();
                voters.insert(from);
                if voters.len() >= quorum {
                    self.decide(value, context);
                }
            }
            (Message::ItIs(value), None) => self.decide(value, context),
            _ => {}
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        if self.decided.is_none() {
            self.start(context);
        }
    }
}

impl Paxos for Node {}
