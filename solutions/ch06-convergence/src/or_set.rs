//! Adding and removing apart.
//!
//! Contract: `ch06::or_set`. Lesson: `cargo xtask lesson or_set`.

// learner: begin
use std::collections::BTreeMap;
// learner: end
use std::collections::BTreeSet;

use ch06::or_set::{Answer, GuestList, ObservedRemove, Request};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

// learner: begin
/// The additions of one element that nobody has removed: of each replica the last one, by its number.
type Tags = BTreeMap<NodeId, u64>;

// learner: end
/// A set that remembers what it has observed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Set {
    // learner: begin
    // learner: | // What tells one addition from another? How do you know what you have seen already?
    /// Of each replica, how many of its additions this copy has heard of. All of them up to that number, none after.
    seen: BTreeMap<NodeId, u64>,
    /// What is there, with its additions. What was seen and is not here has been removed.
    alive: BTreeMap<String, Tags>,
    // learner: end
}

// learner: begin
/// Keeps of one copy's tags those that the other copy has, too, or has not heard of.
fn keep_what_is_not_removed(mine: &mut Tags, theirs: Option<&Tags>, seen_by_them: &BTreeMap<NodeId, u64>) {
    let is_there = |replica: &NodeId, number: &u64| theirs.is_some_and(|tags| tags.get(replica) == Some(number));
    let is_news = |replica: &NodeId, number: &u64| *number > seen_by_them.get(replica).copied().unwrap_or(0);
    mine.retain(|replica, number| is_there(replica, number) || is_news(replica, number));
}

// learner: end
impl ObservedRemove for Set {
    fn add(&mut self, replica: NodeId, element: &str) {
        // learner: begin
        // learner: | let _ = (replica, element);
        // learner: | todo!("an addition that is like no other")
        let last = self.seen.entry(replica).or_insert(0);
        *last += 1;
        let number = *last;
        // The replica's earlier addition of the element, if there is one, is not needed any more.
        self.alive.entry(element.to_owned()).or_default().insert(replica, number);
        // learner: end
    }

    fn remove(&mut self, element: &str) {
        // learner: begin
        // learner: | let _ = element;
        // learner: | todo!("remove the additions that this set knows of")
        self.alive.remove(element);
        // learner: end
    }

    fn elements(&self) -> BTreeSet<String> {
        // learner: begin
        // learner: | todo!("what is there")
        self.alive.keys().cloned().collect()
        // learner: end
    }

    fn join(&mut self, other: &Self) {
        // learner: begin
        // learner: | let _ = other;
        // learner: | todo!("take over what the other knows")
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
        // learner: end
    }
}

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    // learner: begin
    // learner: | // What you know, or what is new?
    set: Set,
    // learner: end
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // learner: begin
    // learner: | // A set of the above?
    set: Set,
    // learner: end
}

/// The node's timers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // learner: begin
    // learner: | // When do you tell the others?
    Tell,
    // learner: end
}

// learner: begin
/// How often a node tells the others all it knows.
const TELL_MS: u64 = 100;

// learner: end
impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("begin, or begin again after a crash")
        context.set_timer(Timer::Tell, TELL_MS);
        let set: Set = context.disk().read("set").unwrap_or_default();
        Node { set }
        // learner: end
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match request {
        // learner: |     Request::Add { .. } | Request::Remove { .. } => todo!("change the set, and say that it is done"),
        // learner: |     Request::Read { .. } => todo!("say who is there"),
        // learner: | }
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
        // learner: end
    }

    fn on_message(&mut self, _from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (message, context);
        // learner: | todo!("learn what the other knows")
        self.set.join(&message.set);
        // Not synced: whoever has told it will tell it again.
        context.disk().write("set", &self.set);
        // learner: end
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match timer {}
        let Timer::Tell = timer;
        context.broadcast(Message { set: self.set.clone() });
        context.set_timer(Timer::Tell, TELL_MS);
        // learner: end
    }
}

impl GuestList for Node {}
