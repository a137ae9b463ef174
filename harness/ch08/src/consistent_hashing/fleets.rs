//! Fleets and keys to put promises to the test with.

use std::collections::BTreeMap;
use std::fmt;

use explore::property::pieces_first;
use proptest::collection::btree_map;
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;
use render::explain::{plural, thousands};
use serde::{Deserialize, Serialize};

use super::Make;
use super::contract::{MOST_WEIGHT, Member};
use super::instance::Instance;

/// How many keys show what moves.
const MOVED_KEYS: u32 = 300;

/// The members of a fleet with their weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fleet(pub BTreeMap<u32, u32>);

impl Fleet {
    /// A placement of these members, who join in the order of their numbers.
    pub fn placement(&self, make: Make) -> Box<dyn Instance> {
        let mut placement = make();
        self.0.iter().for_each(|(member, weight)| placement.join(Member(*member), *weight));
        placement
    }

    pub fn total_weight(&self) -> u32 {
        self.0.values().sum()
    }

    pub fn weight(&self, member: Member) -> u32 {
        self.0.get(&member.0).copied().unwrap_or_default()
    }

    pub fn members(&self) -> impl Iterator<Item = Member> {
        self.0.keys().copied().map(Member)
    }
}

impl fmt::Display for Fleet {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return out.write_str("a fleet without members");
        }
        let alike = self.0.values().all(|weight| *weight == 1);
        let names = self.0.iter().map(|(member, weight)| match alike {
            true => Member(*member).to_string(),
            false => format!("{} (weight {weight})", Member(*member)),
        });
        write!(out, "a fleet of {}", names.collect::<Vec<_>>().join(", "))
    }
}

/// Keys that are numbered from `first` on, as keys often are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Keys {
    pub first: u32,
    pub count: u32,
}

impl Keys {
    pub fn names(self) -> impl Iterator<Item = String> {
        (self.first..self.first + self.count).map(|number| format!("user:{number}"))
    }
}

impl fmt::Display for Keys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let last = self.first + self.count.max(1) - 1;
        match self.count {
            1 => write!(out, "the key user:{last}"),
            count => write!(out, "the {} keys user:{} to user:{last}", thousands(u64::from(count)), self.first),
        }
    }
}

/// A fleet and keys to place.
#[derive(Clone, Debug)]
pub struct Load {
    pub fleet: Fleet,
    pub keys: Keys,
    /// How many replicas are asked for, or how much slack is given in percent, where that matters.
    pub extra: Extra,
}

/// What else a law needs to know.
#[derive(Clone, Copy, Debug)]
pub enum Extra {
    None,
    Replicas(usize),
    SlackPercent(u32),
}

impl fmt::Display for Load {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{} and {}", self.fleet, self.keys)?;
        match self.extra {
            Extra::None => Ok(()),
            Extra::Replicas(count) => write!(out, ", {} each", plural(count as u64, "replica")),
            Extra::SlackPercent(percent) => write!(out, ", with {percent} % of slack"),
        }
    }
}

/// A fleet that changes.
#[derive(Clone, Debug)]
pub struct Change {
    pub fleet: Fleet,
    pub member: Member,
    pub keys: Keys,
    pub replicas: usize,
    pub what: What,
}

/// What happens to the member.
#[derive(Clone, Copy, Debug)]
pub enum What {
    Joins { weight: u32 },
    Leaves,
    Weighs { weight: u32 },
}

impl fmt::Display for Change {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Change { fleet, member, keys, replicas, what } = self;
        match what {
            What::Joins { weight: 1 } => write!(out, "{member} joins {fleet}")?,
            What::Joins { weight } => write!(out, "{member} joins with weight {weight} {fleet}")?,
            What::Leaves => write!(out, "{member} leaves {fleet}")?,
            What::Weighs { weight } => write!(out, "the weight of {member} becomes {weight} in {fleet}")?,
        }
        write!(out, "; {keys}, {} each", plural(*replicas as u64, "replica"))
    }
}

/// What would only look simpler is not shrunk: each value that is tried costs some milliseconds.
fn keys(count: u32) -> impl Strategy<Value = Keys> {
    (0u32..1_000).prop_map(move |thousand| Keys { first: thousand * 1_000, count }).no_shrink()
}

/// Comes first in what is drawn, and so is shrunk first: with one replica a small fleet shows more.
fn count_of_replicas() -> impl Strategy<Value = usize> {
    1usize..=3
}

fn fleet(
    members: std::ops::RangeInclusive<usize>,
    weights: std::ops::RangeInclusive<u32>,
) -> impl Strategy<Value = Fleet> {
    btree_map((1u32..=24).no_shrink(), weights, members).prop_map(Fleet)
}

fn load(fleet: Fleet, keys: Keys, extra: Extra) -> Load {
    Load { fleet, keys, extra }
}

/// Members of equal weight, and enough keys to judge by.
pub fn equals(_: u64) -> BoxedStrategy<Load> {
    let drawn = (fleet(2..=8, 1..=1), keys(1_600));
    drawn.prop_map(|(fleet, keys)| load(fleet, keys, Extra::None)).boxed()
}

/// Members of different weights, and enough keys to judge by.
pub fn weighted(index: u64) -> BoxedStrategy<Load> {
    let two = |one, other| {
        let fleet = Fleet(BTreeMap::from([(1, one), (2, other)]));
        load(fleet, Keys { first: 0, count: 1_600 }, Extra::None)
    };
    let pieces = vec![two(1, 4), two(MOST_WEIGHT / 9, MOST_WEIGHT)];
    pieces_first(index, pieces, || {
        let drawn = (fleet(2..=4, 1..=4), keys(1_600));
        drawn.prop_map(|(fleet, keys)| load(fleet, keys, Extra::None)).boxed()
    })
}

/// Any fleet, few of the keys.
pub fn any(_: u64) -> BoxedStrategy<Load> {
    let drawn = (count_of_replicas(), fleet(2..=8, 1..=3), keys(MOVED_KEYS));
    drawn.prop_map(|(replicas, fleet, keys)| load(fleet, keys, Extra::Replicas(replicas))).boxed()
}

/// Fleets that are no more than two or three, with so many keys that some lie in every gap.
pub fn small(index: u64) -> BoxedStrategy<Load> {
    let few = |members: u32| Fleet((1..=members).map(|member| (member, 1)).collect());
    let keys_ = Keys { first: 0, count: 1_500 };
    let pieces = vec![load(few(2), keys_, Extra::Replicas(2)), load(few(3), keys_, Extra::Replicas(3))];
    pieces_first(index, pieces, || any(index))
}

/// No member, or one, or two, or two whose names are far apart.
pub fn lonely(index: u64) -> BoxedStrategy<Load> {
    let lone = |members: u32, replicas| {
        let fleet = Fleet((0..members).map(|place| (7 + place, 1)).collect());
        load(fleet, Keys { first: 0, count: 600 }, Extra::Replicas(replicas))
    };
    let far_apart = Fleet(BTreeMap::from([(0, 1), (u32::MAX, 1)]));
    let far_apart = load(far_apart, Keys { first: 0, count: 600 }, Extra::Replicas(2));
    let pieces = vec![lone(0, 1), lone(1, 1), lone(1, 3), lone(0, 3), lone(2, 5), lone(2, 0), far_apart];
    pieces_first(index, pieces, || any(index))
}

/// A fleet, and keys to assign with little slack or much.
pub fn bounded(index: u64) -> BoxedStrategy<Load> {
    let fleet_ = |weights: &[u32]| Fleet((1..).zip(weights.iter().copied()).collect());
    let piece =
        |weights: &[u32], count, slack| load(fleet_(weights), Keys { first: 0, count }, Extra::SlackPercent(slack));
    let pieces = vec![piece(&[1, 1, 1], 100, 0), piece(&[1, 4], 400, 10), piece(&[1, 1, 1, 1], 400, 5)];
    pieces_first(index, pieces, || {
        let drawn = (fleet(2..=8, 1..=3), keys(MOVED_KEYS), (0u32..=40).no_shrink());
        drawn.prop_map(|(fleet, keys, slack)| load(fleet, keys, Extra::SlackPercent(slack))).boxed()
    })
}

/// Somebody joins.
pub fn join(_: u64) -> BoxedStrategy<Change> {
    let drawn = (count_of_replicas(), fleet(1..=7, 1..=2), (25u32..=40).no_shrink(), 1u32..=2, keys(MOVED_KEYS));
    let change = |(replicas, fleet, member, weight, keys)| {
        let what = What::Joins { weight };
        Change { fleet, member: Member(member), keys, replicas, what }
    };
    drawn.prop_map(change).boxed()
}

/// Somebody leaves.
pub fn leave(_: u64) -> BoxedStrategy<Change> {
    let drawn = (count_of_replicas(), fleet(2..=8, 1..=2), any_place(), keys(MOVED_KEYS));
    let change = |(replicas, fleet, place, keys): (usize, Fleet, prop::sample::Index, Keys)| {
        let member = one_of(&fleet, place);
        Change { fleet, member, keys, replicas, what: What::Leaves }
    };
    drawn.prop_map(change).boxed()
}

/// Somebody gets another weight.
pub fn reweigh(_: u64) -> BoxedStrategy<Change> {
    let drawn = (count_of_replicas(), fleet(2..=6, 1..=4), any_place(), 1u32..=4, keys(MOVED_KEYS));
    let change = |(replicas, fleet, place, weight, keys): (usize, Fleet, prop::sample::Index, u32, Keys)| {
        let member = one_of(&fleet, place);
        Change { fleet, member, keys, replicas, what: What::Weighs { weight } }
    };
    drawn.prop_map(change).boxed()
}

fn any_place() -> impl Strategy<Value = prop::sample::Index> {
    proptest::arbitrary::any::<prop::sample::Index>().no_shrink()
}

fn one_of(fleet: &Fleet, place: prop::sample::Index) -> Member {
    let members: Vec<_> = fleet.members().collect();
    *place.get(&members)
}
