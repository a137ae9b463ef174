//! The reference design, told at leisure: what a node knows goes out every 1.3 s, which is soon enough for two seconds.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use ch06::or_set::{Answer, GuestList, ObservedRemove, Request};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// The additions of one element that nobody has removed: of each replica the last one, by its number.
type Tags = BTreeMap<NodeId, u64>;

/// A set that remembers what it has observed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Set {
    /// Of each replica, how many of its additions this copy has heard of. All of them up to that number, none after.
    seen: BTreeMap<NodeId, u64>,
    /// What is there, with its additions. What was seen and is not here has been removed.
    alive: BTreeMap<String, Tags>,
}

/// Keeps of one copy's tags those that the other copy has, too, or has not heard of.
fn keep_what_is_not_removed(mine: &mut Tags, theirs: Option<&Tags>, seen_by_them: &BTreeMap<NodeId, u64>) {
    let is_there = |replica: &NodeId, number: &u64| theirs.is_some_and(|tags| tags.get(replica) == Some(number));
    let is_news = |replica: &NodeId, number: &u64| *number > seen_by_them.get(replica).copied().unwrap_or(0);
    mine.retain(|replica, number| is_there(replica, number) || is_news(replica, number));
}

impl ObservedRemove for Set {
    fn add(&mut self, replica: NodeId, element: &str) {
        let last = self.seen.entry(replica).or_insert(0);
        *last += 1;
        let number = *last;
        // The replica's earlier addition of the element, if there is one, is not needed any more.
        self.alive.entry(element.to_owned()).or_default().insert(replica, number);
    }

    fn remove(&mut self, element: &str) {
        self.alive.remove(element);
    }

    fn elements(&self) -> BTreeSet<String> {
        self.alive.keys().cloned().collect()
    }

    fn join(&mut self, other: &Self) {
        let before = self.alive.clone();
        for (element, tags) in &mut self.alive {
            keep_what_is_not_removed(tags, other.alive.get(element), &other.seen);
        }
        for (element, theirs) in &other.alive {
            let mut tags = theirs.clone();
            keep_what_is_not_removed(&mut tags, before.get(element), &self.seen);
            self.alive.entry(element.clone()).or_default().extend(tags);
        }
        self.alive.retain(|_, tags| !tags.is_empty());
        for (replica, theirs) in &other.seen {
            let mine = self.seen.entry(*replica).or_insert(0);
            *mine = (*mine).max(*theirs);
        }
    }
}

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    set: Set,
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    set: Set,
}

/// The node's timers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Tell,
}

/// How often a node tells the others all it knows.
const TELL_MS: u64 = 1300;

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        context.set_timer(Timer::Tell, TELL_MS);
        let set: Set = context.disk().read("set").unwrap_or_default();
        Node { set }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let number = match request {
            Request::Add { number, element } => {
                self.set.add(context.me(), &element);
                number
            }
            Request::Remove { number, element } => {
                self.set.remove(&element);
                number
            }
            Request::Read { number } => {
                return context.output(Answer::Elements { number, elements: self.set.elements() });
            }
        };
        // A tag must never be given twice, and what is done must survive: it is safe before anybody hears of it.
        context.disk().write("set", &self.set);
        context.disk().sync();
        context.output(Answer::Done { number });
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        self.set.join(&message.set);
        // Not synced: whoever has told it will tell it again.
        context.disk().write("set", &self.set);
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        let Timer::Tell = timer;
        context.broadcast(Message { set: self.set.clone() });
        context.set_timer(Timer::Tell, TELL_MS);
    }
}

impl GuestList for Node {}
