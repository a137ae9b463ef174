//! The node asked hands the value to n1 and proposes itself only when nothing comes of that; the proposer sends the same
//! message again to who has not answered, under the same ballot, before it takes a new one. Everybody who has not heard of a
//! decision asks around now and then, and the decision is kept by whoever knows it. Two names on the disk, one sync.

use std::collections::BTreeMap;

use ch07::paxos::{Decided, Paxos, Propose, Value};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

type Ballot = (u64, NodeId);
type Vote = Option<(Ballot, Value)>;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Please(Value),
    Ask(Ballot),
    Yes(Ballot, Vote),
    Take(Ballot, Value),
    Taken(Ballot),
    No(Ballot),
    Known(Option<Value>),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Again,
    TakeOver,
    Poll,
}

#[derive(Clone, Hash)]
struct Attempt {
    ballot: Ballot,
    yes: BTreeMap<NodeId, Vote>,
    value: Option<Value>,
    taken: BTreeMap<NodeId, bool>,
    sendings: u32,
}

#[derive(Clone, Hash)]
pub struct Node {
    promised: Option<Ballot>,
    vote: Vote,
    highest: u64,
    wanted: Option<Value>,
    attempt: Option<Attempt>,
    decided: Option<Value>,
}

impl Node {
    fn begin(&mut self, context: &mut Context<'_, Self>) {
        self.highest += 1;
        let ballot = (self.highest, context.me());
        context.disk().write("highest", &self.highest);
        context.disk().sync();
        self.attempt =
            Some(Attempt { ballot, yes: BTreeMap::new(), value: None, taken: BTreeMap::new(), sendings: 0 });
        self.push(context);
    }

    /// Sends what is due to whoever has not answered yet.
    fn push(&mut self, context: &mut Context<'_, Self>) {
        let Some(attempt) = &mut self.attempt else { return };
        attempt.sendings += 1;
        for node in context.nodes() {
            match attempt.value {
                None if !attempt.yes.contains_key(&node) => context.send(node, Message::Ask(attempt.ballot)),
                Some(value) if !attempt.taken.contains_key(&node) => {
                    context.send(node, Message::Take(attempt.ballot, value));
                }
                _ => {}
            }
        }
        context.set_timer(Timer::Again, 60);
    }

    fn decide(&mut self, value: Value, context: &mut Context<'_, Self>) {
        if self.decided.is_none() {
            self.decided = Some(value);
            self.attempt = None;
            context.disk().write("decided", &value);
            context.disk().sync();
            context.output(Decided(value));
        }
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Propose;
    type Output = Decided;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        context.set_timer(Timer::Poll, 200);
        let decided = context.disk().read("decided");
        // A crash may have come between the sync and the answer.
        if let Some(value) = decided {
            context.output(Decided(value));
        }
        let disk = context.disk();
        Node {
            promised: disk.read("promised"),
            vote: disk.read("vote").unwrap_or_default(),
            highest: disk.read("highest").unwrap_or(0),
            wanted: None,
            attempt: None,
            decided,
        }
    }

    fn on_input(&mut self, Propose(value): Propose, context: &mut Context<'_, Self>) {
        if let Some(value) = self.decided {
            return context.output(Decided(value));
        }
        self.wanted = self.wanted.or(Some(value));
        if context.me() == NodeId::new(0) {
            self.begin(context);
        } else {
            context.send(NodeId::new(0), Message::Please(value));
            let wait_ms = context.random().random_range(150..400);
            context.set_timer(Timer::TakeOver, wait_ms);
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let quorum = context.node_count() / 2 + 1;
        if let (Some(_), Message::Please(_) | Message::Ask(_) | Message::Known(None)) = (self.decided, &message) {
            return context.send(from, Message::Known(self.decided));
        }
        match message {
            Message::Please(value) => {
                self.wanted = self.wanted.or(Some(value));
                if self.attempt.is_none() {
                    self.begin(context);
                }
            }
            Message::Ask(ballot) | Message::Take(ballot, _) if self.promised > Some(ballot) => {
                context.send(from, Message::No(self.promised.unwrap()));
            }
            Message::Ask(ballot) => {
                self.promised = Some(ballot);
                context.disk().write("promised", &self.promised);
                context.disk().sync();
                context.send(from, Message::Yes(ballot, self.vote));
            }
            Message::Take(ballot, value) => {
                self.promised = Some(ballot);
                self.vote = Some((ballot, value));
                context.disk().write("vote", &self.vote);
                context.disk().write("promised", &self.promised);
                context.disk().sync();
                context.send(from, Message::Taken(ballot));
            }
            Message::Yes(ballot, vote) => {
                let wanted = self.wanted;
                let Some(attempt) = self.attempt.as_mut().filter(|attempt| attempt.ballot == ballot) else { return };
                attempt.yes.insert(from, vote);
                if attempt.value.is_none() && attempt.yes.len() == quorum {
                    let highest = attempt.yes.values().flatten().max().map(|(_, value)| *value);
                    attempt.value = highest.or(wanted);
                    self.push(context);
                }
            }
            Message::Taken(ballot) => {
                let Some(attempt) = self.attempt.as_mut().filter(|attempt| attempt.ballot == ballot) else { return };
                attempt.taken.insert(from, true);
                if attempt.taken.len() == quorum {
                    let value = attempt.value.unwrap();
                    self.decide(value, context);
                    context.broadcast(Message::Known(self.decided));
                }
            }
            Message::No(promised) => self.highest = self.highest.max(promised.0),
            Message::Known(Some(value)) => self.decide(value, context),
            Message::Known(None) => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        if self.decided.is_some() {
            return;
        }
        match timer {
            Timer::TakeOver => {
                if self.attempt.is_none() {
                    self.begin(context);
                }
            }
            Timer::Poll => {
                context.broadcast(Message::Known(None));
                context.set_timer(Timer::Poll, 300);
            }
            Timer::Again => {
                let outbid = self.attempt.as_ref().is_none_or(|attempt| attempt.ballot.0 < self.highest);
                let tired = self.attempt.as_ref().is_none_or(|attempt| attempt.sendings > 3);
                if !outbid && !tired {
                    self.push(context);
                } else {
                    self.attempt = None;
                    let wait_ms = context.random().random_range(1..600);
                    context.set_timer(Timer::TakeOver, wait_ms);
                }
            }
        }
    }
}

impl Paxos for Node {}
