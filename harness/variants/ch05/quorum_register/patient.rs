//! Nothing has a name of its own but the requests: a round is the request and its kind of message, and the writer in a
//! timestamp is the request that writes. So nothing is counted over a crash. What is lost is sent again as late as the contract
//! allows, a read that finds no write at all is over after one round, and of four nodes readers ask two.

use std::collections::{BTreeMap, BTreeSet};

use ch05::quorum_register::{Answer, Config, Operation, Outcome, QuorumRegister, Request, RequestId};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Held {
    stamp: (u64, Option<RequestId>),
    value: Option<u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Ask(RequestId),
    Have(RequestId, Held),
    Keep(RequestId, Held),
    Kept(RequestId),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Again(RequestId);

#[derive(Clone, Hash)]
struct Work {
    operation: Operation,
    /// Whether the second round has begun.
    keeps: bool,
    held: Held,
    heard: BTreeSet<NodeId>,
}

#[derive(Clone, Hash)]
pub struct Node {
    held: Held,
    work: BTreeMap<RequestId, Work>,
}

const AGAIN_MS: u64 = 1_900;

impl Process for Node {
    type Message = Message;
    type Timer = Again;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        Node { held: context.disk().read("held").unwrap_or_default(), work: BTreeMap::new() }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let heard = BTreeSet::from([context.me()]);
        let work = Work { operation: request.operation, keeps: false, held: self.held, heard };
        self.work.insert(request.id, work);
        self.send(request.id, context);
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::Ask(id) => context.send(from, Message::Have(id, self.held)),
            Message::Keep(id, held) => {
                self.keep(held, context);
                context.send(from, Message::Kept(id));
            }
            Message::Have(id, held) => self.hear(id, from, Some(held), context),
            Message::Kept(id) => self.hear(id, from, None, context),
        }
    }

    fn on_timer(&mut self, Again(id): Again, context: &mut Context<'_, Self>) {
        self.send(id, context);
    }
}

impl Node {
    fn keep(&mut self, held: Held, context: &mut Context<'_, Self>) {
        if held.stamp > self.held.stamp {
            self.held = held;
            context.disk().write("held", &held);
            context.disk().sync();
        }
    }

    fn send(&self, id: RequestId, context: &mut Context<'_, Self>) {
        let work = &self.work[&id];
        let message = if work.keeps { Message::Keep(id, work.held) } else { Message::Ask(id) };
        for peer in context.peers().filter(|peer| !work.heard.contains(peer)) {
            context.send(peer, message.clone());
        }
        context.set_timer(Again(id), AGAIN_MS);
    }

    fn hear(&mut self, id: RequestId, from: NodeId, found: Option<Held>, context: &mut Context<'_, Self>) {
        let Some(work) = self.work.get_mut(&id).filter(|work| work.keeps == found.is_none()) else { return };
        work.heard.insert(from);
        work.held = work.held.max(found.unwrap_or_default());
        let nodes = context.node_count();
        // Two of four have one in common with any three that have a write.
        let reads = !work.keeps && work.operation == Operation::Read;
        let enough = if reads { nodes.div_ceil(2) } else { nodes / 2 + 1 };
        if work.heard.len() < enough {
            return;
        }
        if !work.keeps && (work.operation != Operation::Read || work.held.value.is_some()) {
            work.keeps = true;
            work.heard = BTreeSet::from([context.me()]);
            if let Operation::Write(value) = work.operation {
                work.held = Held { stamp: (work.held.stamp.0 + 1, Some(id)), value: Some(value) };
            }
            let held = work.held;
            self.keep(held, context);
            return self.send(id, context);
        }
        let outcome = match work.operation {
            Operation::Read => Outcome::Value(work.held.value),
            Operation::Write(_) => Outcome::Written,
        };
        self.work.remove(&id);
        context.cancel_timer(&Again(id));
        context.output(Answer { id, outcome });
    }
}

impl QuorumRegister for Node {}
