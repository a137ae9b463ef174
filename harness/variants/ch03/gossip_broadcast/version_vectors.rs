//! Every value goes straight to everybody, a batch at a time if messages are dear, and is never sent again by itself. What was lost is
//! found by comparing version vectors (how many of whose values, without a gap) with a node that is drawn by chance, and everybody
//! passes on what the other lacks. All that is delivered is on the disk.

use std::collections::BTreeMap;

use ch03::gossip_broadcast::{Aim, Answer, Config, Gossip, Request};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

/// Whose value, the how manieth of theirs, and the value.
pub type Item = (NodeId, u32, u64);

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Items(Vec<Item>),
    /// How many of whose values are here. Please answer with the rest, and if asked to, with a vector of your own.
    Vector { counts: BTreeMap<NodeId, u32>, answer: bool },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Flush,
    Compare,
}

#[derive(Clone, Default, Hash)]
pub struct Node {
    items: BTreeMap<(NodeId, u32), u64>,
    waiting: Vec<Item>,
}

impl Node {
    /// For each node up to where there is no gap.
    fn counts(&self) -> BTreeMap<NodeId, u32> {
        let mut counts = BTreeMap::new();
        for (node, number) in self.items.keys() {
            let count = counts.entry(*node).or_insert(0);
            if *number == *count {
                *count += 1;
            }
        }
        counts
    }

    fn take(&mut self, (node, number, value): Item, context: &mut Context<'_, Self>) {
        if self.items.contains_key(&(node, number)) {
            return;
        }
        self.items.insert((node, number), value);
        context.disk().append("items", &(node, number, value));
        context.disk().sync();
        context.output(Answer::Delivered(value));
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let first_ms = context.random().random_range(300..900);
        context.set_timer(Timer::Compare, first_ms);
        let items = context.disk().log::<Item>("items").into_iter().flatten();
        Node { items: items.map(|(node, number, value)| ((node, number), value)).collect(), waiting: Vec::new() }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        match request {
            Request::Broadcast(value) => {
                let me = context.me();
                let number = self.items.keys().filter(|(node, _)| *node == me).count() as u32;
                self.take((me, number, value), context);
                if self.waiting.is_empty() {
                    let after_ms = if context.config().aim == Aim::Fast { 1 } else { 600 };
                    context.set_timer(Timer::Flush, after_ms);
                }
                self.waiting.push((me, number, value));
            }
            Request::Read => context.output(Answer::Values(self.items.values().copied().collect())),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::Items(items) => items.into_iter().for_each(|item| self.take(item, context)),
            Message::Vector { counts, answer } => {
                let theirs = |node: &NodeId| counts.get(node).copied().unwrap_or(0);
                let missing = self.items.iter().filter(|((node, number), _)| *number >= theirs(node));
                let missing: Vec<Item> = missing.map(|((node, number), value)| (*node, *number, *value)).collect();
                let mine = self.counts();
                let lacking = counts.iter().any(|(node, count)| mine.get(node).copied().unwrap_or(0) < *count);
                if !missing.is_empty() {
                    context.send(from, Message::Items(missing));
                }
                if answer && lacking {
                    context.send(from, Message::Vector { counts: mine, answer: false });
                }
            }
        }
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        match timer {
            Timer::Flush => {
                let waiting = std::mem::take(&mut self.waiting);
                context.broadcast(Message::Items(waiting));
            }
            Timer::Compare => {
                let peers: Vec<NodeId> = context.peers().collect();
                let peer = peers[context.random().random_range(0..peers.len())];
                context.send(peer, Message::Vector { counts: self.counts(), answer: true });
                context.set_timer(Timer::Compare, 700);
            }
        }
    }
}

impl Gossip for Node {}
