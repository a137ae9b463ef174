//! A read that finds the same copy at a majority answers after one round, and otherwise brings up to date only those who are
//! behind. Timestamps are reserved on the disk a hundred at a time. Repetitions come at growing distances, and in idle hours
//! a node tells another what it has.

use std::collections::BTreeMap;

use ch05::quorum_register::{Answer, Config, Operation, Outcome, QuorumRegister, Request, RequestId};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Version {
    count: u64,
    writer: usize,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Held {
    version: Version,
    value: Option<u32>,
}

/// One message for everything: what I have, and whether I want to hear what you have.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    held: Held,
    wants: Option<RequestId>,
    answers: Option<RequestId>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Repeat(RequestId),
    Gossip,
}

#[derive(Clone, Hash)]
struct Pending {
    /// What everybody is known to have at least. A replica never goes back, so late answers do no harm.
    known: BTreeMap<NodeId, Held>,
    /// What a majority has to have before there is an answer, once that is clear.
    target: Option<Held>,
    operation: Operation,
    wait_ms: u64,
}

#[derive(Clone, Hash)]
pub struct Node {
    held: Held,
    /// Greater than the count of every version that this node has made.
    next: u64,
    reserved: u64,
    pending: BTreeMap<RequestId, Pending>,
}

const GOSSIP_MS: u64 = 400;
const RESERVE: u64 = 100;
const LONGEST_MS: u64 = 320;

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let reserved = context.disk().read("reserved").unwrap_or(1);
        let held = context.disk().read("held").unwrap_or_default();
        context.set_timer(Timer::Gossip, GOSSIP_MS);
        Node { held, next: reserved, reserved, pending: BTreeMap::new() }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let known = BTreeMap::from([(context.me(), self.held)]);
        let wait_ms = context.config().round_trip_ms * 2;
        self.pending.insert(request.id, Pending { known, target: None, operation: request.operation, wait_ms });
        self.ask(request.id, context);
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        self.take(message.held, context);
        if let Some(id) = message.wants {
            context.send(from, Message { held: self.held, wants: None, answers: Some(id) });
        }
        if let Some(id) = message.answers
            && let Some(pending) = self.pending.get_mut(&id)
        {
            let known = pending.known.entry(from).or_insert(message.held);
            if message.held.version > known.version {
                *known = message.held;
            }
            self.advance(id, context);
        }
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        match timer {
            Timer::Repeat(id) => {
                if let Some(pending) = self.pending.get_mut(&id) {
                    pending.wait_ms = (pending.wait_ms * 2).min(LONGEST_MS);
                    self.ask(id, context);
                }
            }
            Timer::Gossip => {
                let peers: Vec<NodeId> = context.peers().collect();
                let peer = peers[context.random().random_range(0..peers.len())];
                context.send(peer, Message { held: self.held, wants: None, answers: None });
                context.set_timer(Timer::Gossip, GOSSIP_MS);
            }
        }
    }
}

impl Node {
    fn take(&mut self, held: Held, context: &mut Context<'_, Self>) {
        if held.version > self.held.version {
            self.held = held;
            context.disk().write("held", &held);
            context.disk().sync();
        }
    }

    /// Whatever is asked, a copy goes with it; so one kind of message serves both rounds.
    fn ask(&mut self, id: RequestId, context: &mut Context<'_, Self>) {
        let pending = &self.pending[&id];
        let behind = |node: &NodeId| match (&pending.target, pending.known.get(node)) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(target), Some(known)) => known.version < target.version,
        };
        let held = pending.target.unwrap_or(self.held);
        for peer in context.peers().filter(behind) {
            context.send(peer, Message { held, wants: Some(id), answers: None });
        }
        context.set_timer(Timer::Repeat(id), pending.wait_ms);
    }

    fn advance(&mut self, id: RequestId, context: &mut Context<'_, Self>) {
        let majority = context.node_count() / 2 + 1;
        let Pending { known, target, operation, .. } = &self.pending[&id];
        if target.is_none() && known.len() >= majority {
            let newest = *known.values().max_by_key(|held| held.version).unwrap();
            let target = match *operation {
                Operation::Read => newest,
                Operation::Write(value) => {
                    let count = self.count_after(newest.version.count, context);
                    Held { version: Version { count, writer: context.me().index() }, value: Some(value) }
                }
            };
            self.take(target, context);
            let pending = self.pending.get_mut(&id).unwrap();
            pending.known.insert(context.me(), self.held);
            pending.target = Some(target);
            if !self.enough(id, majority) {
                self.ask(id, context);
            }
        }
        if self.enough(id, majority) {
            let pending = self.pending.remove(&id).unwrap();
            context.cancel_timer(&Timer::Repeat(id));
            let outcome = match pending.operation {
                Operation::Read => Outcome::Value(pending.target.unwrap().value),
                Operation::Write(_) => Outcome::Written,
            };
            context.output(Answer { id, outcome });
        }
    }

    fn enough(&self, id: RequestId, majority: usize) -> bool {
        let Pending { known, target, .. } = &self.pending[&id];
        let up_to_date = |target: Held| known.values().filter(|held| held.version >= target.version).count();
        target.is_some_and(|target| up_to_date(target) >= majority)
    }

    /// A count greater than this one, which this node has never used and never will again.
    fn count_after(&mut self, count: u64, context: &mut Context<'_, Self>) -> u64 {
        let own = self.next.max(count + 1);
        self.next = own + 1;
        if self.next > self.reserved {
            self.reserved = self.next + RESERVE;
            context.disk().write("reserved", &self.reserved);
            context.disk().sync();
        }
        own
    }
}

impl QuorumRegister for Node {}
