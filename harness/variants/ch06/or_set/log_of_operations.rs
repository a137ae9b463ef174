//! The type is the one of the textbook: tagged elements, and tombstones for what was removed, which stay. The nodes do without:
//! each sends the others its own operations in order, keeps them until all have acknowledged them, and applies those of
//! the others once each. A removal that comes before what it removes is remembered until that has come.

use std::collections::{BTreeMap, BTreeSet};

use ch06::or_set::{Answer, GuestList, ObservedRemove, Request};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

type Tag = (NodeId, u64);

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Set {
    added: BTreeMap<Tag, String>,
    removed: BTreeSet<Tag>,
}

impl ObservedRemove for Set {
    fn add(&mut self, replica: NodeId, element: &str) {
        let last = self.added.range((replica, 0)..=(replica, u64::MAX)).next_back().map_or(0, |((_, last), _)| *last);
        self.added.insert((replica, last + 1), element.to_owned());
    }

    fn remove(&mut self, element: &str) {
        let tags = self.added.iter().filter(|(_, name)| *name == element).map(|(tag, _)| *tag);
        self.removed.extend(tags);
    }

    fn elements(&self) -> BTreeSet<String> {
        let alive = self.added.iter().filter(|(tag, _)| !self.removed.contains(tag));
        alive.map(|(_, name)| name.clone()).collect()
    }

    fn join(&mut self, other: &Self) {
        self.added.extend(other.added.iter().map(|(tag, name)| (*tag, name.clone())));
        self.removed.extend(&other.removed);
    }
}

/// Additions replace what they find, so that an element that is added a thousand times has one tag a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Operation {
    adds: Option<String>,
    removes: Vec<Tag>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    News(Vec<(u64, Operation)>),
    Heard(u64),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct State {
    alive: BTreeMap<Tag, String>,
    removed_early: BTreeSet<Tag>,
    applied: BTreeMap<NodeId, u64>,
    own: BTreeMap<u64, Operation>,
}

impl State {
    fn tags_of(&self, element: &str) -> Vec<Tag> {
        self.alive.iter().filter(|(_, name)| *name == element).map(|(tag, _)| *tag).collect()
    }

    fn apply(&mut self, origin: NodeId, number: u64, operation: &Operation) {
        self.applied.insert(origin, number);
        for tag in &operation.removes {
            let may_come = tag.1 > self.applied.get(&tag.0).copied().unwrap_or(0);
            if self.alive.remove(tag).is_none() && may_come {
                self.removed_early.insert(*tag);
            }
        }
        if let Some(element) = &operation.adds
            && !self.removed_early.remove(&(origin, number))
        {
            self.alive.insert((origin, number), element.clone());
        }
    }
}

#[derive(Clone, Hash)]
pub struct Node {
    state: State,
    heard: BTreeMap<NodeId, u64>,
}

impl Node {
    fn save(&self, context: &mut Context<'_, Self>) {
        context.disk().write("state", &self.state);
        context.disk().sync();
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        context.set_timer((), 60);
        Node { state: context.disk().read("state").unwrap_or_default(), heard: BTreeMap::new() }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let (number, operation) = match request {
            Request::Add { number, element } => {
                let removes = self.state.tags_of(&element);
                (number, Operation { adds: Some(element), removes })
            }
            Request::Remove { number, element } => {
                (number, Operation { adds: None, removes: self.state.tags_of(&element) })
            }
            Request::Read { number } => {
                let elements = self.state.alive.values().cloned().collect();
                return context.output(Answer::Elements { number, elements });
            }
        };
        let me = context.me();
        let next = self.state.applied.get(&me).copied().unwrap_or(0) + 1;
        self.state.apply(me, next, &operation);
        self.state.own.insert(next, operation);
        self.save(context);
        context.output(Answer::Done { number });
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::News(news) => {
                for (number, operation) in news {
                    if number == self.state.applied.get(&from).copied().unwrap_or(0) + 1 {
                        self.state.apply(from, number, &operation);
                    }
                }
                self.save(context);
                context.send(from, Message::Heard(self.state.applied.get(&from).copied().unwrap_or(0)));
            }
            Message::Heard(number) => {
                let heard = self.heard.entry(from).or_insert(0);
                *heard = (*heard).max(number);
                let all = context.peers().map(|peer| self.heard.get(&peer).copied().unwrap_or(0)).min().unwrap_or(0);
                self.state.own = self.state.own.split_off(&(all + 1));
                self.save(context);
            }
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        for peer in context.peers() {
            let heard = self.heard.get(&peer).copied().unwrap_or(0);
            let news: Vec<_> =
                self.state.own.range(heard + 1..).map(|(number, what)| (*number, what.clone())).collect();
            if !news.is_empty() {
                context.send(peer, Message::News(news));
            }
        }
        context.set_timer((), 60);
    }
}

impl GuestList for Node {}
