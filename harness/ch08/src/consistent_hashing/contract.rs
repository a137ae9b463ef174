//! The contract of `consistent_hashing`.

use std::fmt;

use serde::{Deserialize, Serialize};
use sim::choice::{Fnv, mix};

// ANCHOR: numbers
/// Everyone gets at least this much of its due, in percent, where [`FAIR_KEYS`] or more are due.
pub const LEAST_PERCENT: u64 = 50;

/// Nobody gets more than this much of its due, in percent, where [`FAIR_KEYS`] or more are due.
pub const MOST_PERCENT: u64 = 150;

/// From so many keys on a share is judged by how fair it is; with fewer it is a matter of luck.
pub const FAIR_KEYS: u64 = 150;

/// The greatest weight of a member.
pub const MOST_WEIGHT: u32 = 100;
// ANCHOR_END: numbers

// ANCHOR: placement
/// Says which members of a fleet hold a key: a function of nothing but who the members are, their weights, and the key.
///
/// *Due* to a member is its share of the keys by weight: keys × its weight / the weight of all.
///
/// # What is promised
///
/// - **Everybody computes the same.** Two instances that have the same members with the same weights place every key alike,
///   in whatever order the members came, whoever came and went in between, and in whatever process on whatever machine. Asked
///   the same, they [`assign`](Self::assign) alike, too.
/// - **The load is even.** Where at least [`FAIR_KEYS`] keys are due to a member, it is the owner of at least
///   [`LEAST_PERCENT`] and at most [`MOST_PERCENT`] % of what is due to it.
/// - **Little moves.** When a member joins, the replicas of a key are on the same members as before, or the newcomer has
///   taken the place of one of them. When one leaves, only keys that had a replica there change, and each gets one other
///   member for it. When a weight grows, keys move only to that member; when it shrinks, only away from it.
/// - **Replicas are apart.** They are on different members. More replicas of a key begin with those that fewer would have.
/// - **Bounded load.** [`assign`](Self::assign) gives nobody more than its [`bound`], and moves a key past a member only if
///   that member is full.
pub trait Placement: Send + Sync + 'static {
    /// A placement without members.
    fn new() -> Self
    where
        Self: Sized;

    /// This member is there from now on, with this weight: at least 1, at most [`MOST_WEIGHT`]. If it was there before, this
    /// is its new weight; if it was gone, it is as if it had never left.
    fn join(&mut self, member: Member, weight: u32);

    /// This member is gone. If it was not there, nothing changes.
    fn leave(&mut self, member: Member);

    /// Who holds the replicas of a key: its owner first, then the others in an order of your choice that stays the same. As
    /// many as asked for, or all members if there are fewer.
    fn replicas(&self, key: &str, count: usize) -> Vec<Member>;

    /// One member for each of these keys, so that nobody gets more than its [`bound`]. Each key goes to the first in the order
    /// of its [`replicas`](Self::replicas) who is not full yet. Keys are placed in any order you like. Without members, the
    /// answer is empty.
    fn assign(&self, keys: &[String], slack_percent: u32) -> Vec<Member>;
}
// ANCHOR_END: placement

// ANCHOR: given
/// A member of a fleet. Any number can be a name: 0, the greatest there is, and two that are far apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Member(pub u32);

/// How many of `keys` keys a member of this weight may be assigned: its due and `slack_percent` % more, rounded up.
pub fn bound(keys: usize, weight: u32, total_weight: u32, slack_percent: u32) -> usize {
    let allowed = keys as u128 * u128::from(weight) * (100 + u128::from(slack_percent));
    usize::try_from(allowed.div_ceil(100 * u128::from(total_weight.max(1)))).unwrap_or(usize::MAX)
}

/// A hash of 64 bits that spreads well and is the same on every machine for ever, which Rust's own hashers don't promise.
/// Another seed makes it another function.
pub fn hash64(seed: u64, bytes: &[u8]) -> u64 {
    let mut hash = Fnv::new();
    hash.bytes(bytes);
    mix(hash.finish() ^ mix(seed.wrapping_add(0x9e37_79b9_7f4a_7c15)))
}
// ANCHOR_END: given

impl fmt::Display for Member {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "n{}", self.0)
    }
}
