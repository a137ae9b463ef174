//! Keyed by dots instead of elements, with a context that may have gaps (Almeida et al. 2018, "causal context": a version
//! vector and a cloud of dots beyond it). A node sends each other node the changes that it has not acknowledged, joined
//! into one delta; after a restart the first delta is everything.

use std::collections::{BTreeMap, BTreeSet};

use ch06::or_set::{Answer, GuestList, ObservedRemove, Request};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

type Dot = (NodeId, u64);

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Seen {
    all_until: BTreeMap<NodeId, u64>,
    cloud: BTreeSet<Dot>,
}

impl Seen {
    fn contains(&self, dot: &Dot) -> bool {
        dot.1 <= self.last(dot.0) || self.cloud.contains(dot)
    }

    fn last(&self, replica: NodeId) -> u64 {
        self.all_until.get(&replica).copied().unwrap_or(0)
    }

    fn insert(&mut self, dot: Dot) {
        self.cloud.insert(dot);
        self.compact();
    }

    fn join(&mut self, other: &Self) {
        for (replica, number) in &other.all_until {
            let mine = self.all_until.entry(*replica).or_insert(0);
            *mine = (*mine).max(*number);
        }
        self.cloud.extend(&other.cloud);
        self.compact();
    }

    fn compact(&mut self) {
        for (replica, number) in std::mem::take(&mut self.cloud) {
            let last = self.last(replica);
            if number == last + 1 {
                self.all_until.insert(replica, number);
            } else if number > last {
                self.cloud.insert((replica, number));
            }
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Set {
    seen: Seen,
    alive: BTreeMap<Dot, String>,
}

impl Set {
    fn dots_of(&self, element: &str) -> Vec<Dot> {
        self.alive.iter().filter(|(_, name)| *name == element).map(|(dot, _)| *dot).collect()
    }

    /// What an addition changes: a new dot, and all earlier ones of the element are superseded.
    fn addition(&self, replica: NodeId, element: &str) -> Set {
        let mut delta = self.removal(element);
        let dot = (replica, self.seen.last(replica) + 1);
        delta.seen.insert(dot);
        delta.alive.insert(dot, element.to_owned());
        delta
    }

    fn removal(&self, element: &str) -> Set {
        let mut delta = Set::default();
        self.dots_of(element).into_iter().for_each(|dot| delta.seen.insert(dot));
        delta
    }
}

impl ObservedRemove for Set {
    fn add(&mut self, replica: NodeId, element: &str) {
        let delta = self.addition(replica, element);
        self.join(&delta);
    }

    fn remove(&mut self, element: &str) {
        let delta = self.removal(element);
        self.join(&delta);
    }

    fn elements(&self) -> BTreeSet<String> {
        self.alive.values().cloned().collect()
    }

    fn join(&mut self, other: &Self) {
        self.alive.retain(|dot, _| other.alive.contains_key(dot) || !other.seen.contains(dot));
        for (dot, element) in &other.alive {
            if !self.seen.contains(dot) {
                self.alive.insert(*dot, element.clone());
            }
        }
        self.seen.join(&other.seen);
    }
}

/// Numbers are of one life of the sender.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Delta { life: u64, until: u64, delta: Set },
    Heard { life: u64, until: u64 },
}

#[derive(Clone, Hash)]
pub struct Node {
    set: Set,
    life: u64,
    deltas: BTreeMap<u64, Set>,
    next: u64,
    heard: BTreeMap<NodeId, u64>,
}

impl Node {
    fn change(&mut self, delta: Set, context: &mut Context<'_, Self>) {
        self.set.join(&delta);
        self.deltas.insert(self.next, delta);
        self.next += 1;
        context.disk().write("set", &self.set);
        context.disk().sync();
    }

    fn heard_by(&self, peer: NodeId) -> u64 {
        self.heard.get(&peer).copied().unwrap_or(0)
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let life = context.disk().read::<u64>("life").unwrap_or(0) + 1;
        context.disk().write("life", &life);
        context.disk().sync();
        context.set_timer((), 70);
        let set: Set = context.disk().read("set").unwrap_or_default();
        Node { deltas: BTreeMap::from([(0, set.clone())]), set, life, next: 1, heard: BTreeMap::new() }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let number = match request {
            Request::Add { number, element } => {
                self.change(self.set.addition(context.me(), &element), context);
                number
            }
            Request::Remove { number, element } => {
                self.change(self.set.removal(&element), context);
                number
            }
            Request::Read { number } => {
                return context.output(Answer::Elements { number, elements: self.set.elements() });
            }
        };
        context.output(Answer::Done { number });
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::Delta { life, until, delta } => {
                self.set.join(&delta);
                context.disk().write("set", &self.set);
                context.disk().sync();
                context.send(from, Message::Heard { life, until });
            }
            Message::Heard { life, until } if life == self.life => {
                let heard = self.heard_by(from).max(until);
                self.heard.insert(from, heard);
                let all = context.peers().map(|peer| self.heard_by(peer)).min().unwrap_or(0);
                self.deltas = self.deltas.split_off(&all);
            }
            Message::Heard { .. } => {}
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        for peer in context.peers() {
            let mut delta = Set::default();
            let mut news = self.deltas.range(self.heard_by(peer)..).map(|(_, delta)| delta).peekable();
            if news.peek().is_none() {
                continue;
            }
            news.for_each(|part| delta.join(part));
            context.send(peer, Message::Delta { life: self.life, until: self.next, delta });
        }
        context.set_timer((), 70);
    }
}

impl GuestList for Node {}
