//! No gossip at all: every node has a stream to each other node, with positions and acknowledgements, and is alone responsible for
//! what it was handed. A message carries all that is not acknowledged yet and acknowledges the other way; an acknowledgement alone is
//! sent only if nothing else goes there for a while. What is not acknowledged is sent again every two seconds.

use std::collections::{BTreeMap, BTreeSet};

use ch03::gossip_broadcast::{Aim, Answer, Config, Gossip, Request};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    /// The place of the first of these values in the sender's stream.
    place: usize,
    values: Vec<u64>,
    /// How much of the receiver's stream is here.
    have: usize,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Flush,
    Again,
    Acknowledge(NodeId),
}

#[derive(Clone, Hash)]
pub struct Node {
    own: Vec<u64>,
    flushing: bool,
    acknowledged: BTreeMap<NodeId, usize>,
    received: BTreeMap<NodeId, Vec<u64>>,
    owing: BTreeSet<NodeId>,
}

const AGAIN_MS: u64 = 2_000;
const OWE_MS: u64 = 1_200;

impl Node {
    fn send(&mut self, peer: NodeId, context: &mut Context<'_, Self>) {
        let place = self.acknowledged[&peer];
        let message = Message { place, values: self.own[place..].to_vec(), have: self.received[&peer].len() };
        if self.owing.remove(&peer) {
            context.cancel_timer(&Timer::Acknowledge(peer));
        }
        context.send(peer, message);
    }

    fn send_what_is_open(&mut self, context: &mut Context<'_, Self>) {
        for peer in context.peers() {
            if self.acknowledged[&peer] < self.own.len() {
                self.send(peer, context);
            }
        }
        context.set_timer(Timer::Again, AGAIN_MS);
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let stream = |node: NodeId, context: &mut Context<'_, Self>| {
            context.disk().log::<u64>(&format!("{node}")).into_iter().flatten().collect::<Vec<u64>>()
        };
        let me = context.me();
        let peers: Vec<NodeId> = context.peers().collect();
        let own = stream(me, context);
        let received = peers.iter().map(|peer| (*peer, stream(*peer, context))).collect();
        context.set_timer(Timer::Again, 1);
        let acknowledged = peers.iter().map(|peer| (*peer, 0)).collect();
        Node { own, flushing: false, acknowledged, received, owing: BTreeSet::new() }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        match request {
            Request::Broadcast(value) => {
                let name = format!("{}", context.me());
                context.disk().append(&name, &value);
                context.disk().sync();
                context.output(Answer::Delivered(value));
                self.own.push(value);
                if !self.flushing {
                    self.flushing = true;
                    let after_ms = if context.config().aim == Aim::Fast { 250 } else { 800 };
                    context.set_timer(Timer::Flush, after_ms);
                }
            }
            Request::Read => {
                let values = self.received.values().flatten().chain(&self.own).copied().collect();
                context.output(Answer::Values(values));
            }
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let acknowledged = self.acknowledged.get_mut(&from).expect("everybody has a stream");
        *acknowledged = (*acknowledged).max(message.have);
        let received = self.received.get_mut(&from).expect("everybody has a stream");
        if message.values.is_empty() || message.place > received.len() {
            return;
        }
        let name = format!("{from}");
        let mut new = message.values;
        new.drain(..(received.len() - message.place).min(new.len()));
        for value in &new {
            context.disk().append(&name, value);
        }
        context.disk().sync();
        for value in new {
            received.push(value);
            context.output(Answer::Delivered(value));
        }
        if self.owing.insert(from) {
            context.set_timer(Timer::Acknowledge(from), OWE_MS);
        }
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        match timer {
            Timer::Flush => {
                self.flushing = false;
                self.send_what_is_open(context);
            }
            Timer::Again => self.send_what_is_open(context),
            Timer::Acknowledge(peer) => self.send(peer, context),
        }
    }

}

impl Gossip for Node {}
