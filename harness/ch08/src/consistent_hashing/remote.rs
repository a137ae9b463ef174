//! Placements that are processes of their own, one for each instance: two of them share nothing, not even a `static` or the
//! seed of a hasher.

use std::cell::RefCell;

use harness::remote::{Line, hire, refuse};
use harness::serve::{self, Service};
use serde::{Deserialize, Serialize};

use super::contract::{Member, Placement};
use super::fleets::Keys;
use super::instance::Instance;

/// How long an answer may be, in bytes: a thousand for each of the keys that are asked about at once, which is room for lists
/// that are far too long.
const MOST_BYTES: usize = 2 << 20;

/// What an instance is told or asked.
#[derive(Debug, Serialize, Deserialize)]
enum Order {
    Join(Member, u32),
    Leave(Member),
    Replicas(Keys, usize),
    Assign(Keys, u32),
}

/// The judge's end.
pub struct Remote(RefCell<Line>);

impl Remote {
    pub fn new() -> Self {
        Remote(RefCell::new(hire()))
    }

    fn ask<A: serde::de::DeserializeOwned>(&self, order: &Order) -> A {
        self.0.borrow_mut().ask_for(order, MOST_BYTES)
    }
}

impl Instance for Remote {
    fn join(&mut self, member: Member, weight: u32) {
        self.ask(&Order::Join(member, weight))
    }

    fn leave(&mut self, member: Member) {
        self.ask(&Order::Leave(member))
    }

    fn replicas(&self, keys: Keys, count: usize) -> Vec<Vec<Member>> {
        let replicas: Vec<Vec<Member>> = self.ask(&Order::Replicas(keys, count));
        if replicas.len() != keys.count as usize {
            refuse("a list of replicas for other keys than were asked about");
        }
        replicas
    }

    fn assign(&self, keys: Keys, slack_percent: u32) -> Vec<Member> {
        self.ask(&Order::Assign(keys, slack_percent))
    }
}

/// The worker's end. The instance is made when the first order comes, where a panic of it is a panic of that order.
pub struct Served<P>(Option<P>);

impl<P> Served<P> {
    pub fn new() -> Self {
        Served(None)
    }
}

impl<P: Placement> Service for Served<P> {
    fn serve(&mut self, order: &[u8]) -> Vec<u8> {
        let placement: &mut dyn Instance = self.0.get_or_insert_with(P::new);
        match serve::order(order) {
            Order::Join(member, weight) => serve::answer(&placement.join(member, weight)),
            Order::Leave(member) => serve::answer(&placement.leave(member)),
            Order::Replicas(keys, count) => serve::answer(&placement.replicas(keys, count)),
            Order::Assign(keys, slack_percent) => serve::answer(&placement.assign(keys, slack_percent)),
        }
    }
}
