//! A right ring but for a hasher that is seeded at random, once for each process: two instances in one process
//! agree, two machines never would.
//!
//! Every instance is a process of its own, with another seed.

use ch08::consistent_hashing::{Member, Placement};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;

use ch08::consistent_hashing::bound;

/// How many points a member has for each unit of its weight. Its share of the ring is then within a tenth or so of what is due.
const POINTS: u32 = 128;

/// Keys and points are hashed by different functions, or a key that is named like a point would lie on it.
const OF_KEYS: u64 = 1;
const OF_POINTS: u64 = 2;

static SEED: LazyLock<RandomState> = LazyLock::new(RandomState::new);

fn hash64(of: u64, bytes: &[u8]) -> u64 {
    SEED.hash_one((of, bytes))
}

/// A ring of points; a key belongs to the first point at or after its own place.
pub struct Ring {
    /// Sorted, also where two points fall on one place.
    points: Vec<(u64, Member)>,
    weights: BTreeMap<Member, u32>,
}

impl Placement for Ring {
    fn new() -> Self {
        Ring { points: Vec::new(), weights: BTreeMap::new() }
    }

    fn join(&mut self, member: Member, weight: u32) {
        self.leave(member);
        self.weights.insert(member, weight);
        self.points.extend((0..weight * POINTS).map(|nth| (place_of_point(member, nth), member)));
        self.points.sort_unstable();
    }

    fn leave(&mut self, member: Member) {
        self.weights.remove(&member);
        self.points.retain(|(_, other)| *other != member);
    }

    fn replicas(&self, key: &str, count: usize) -> Vec<Member> {
        self.walk(key).take(count).collect()
    }

    fn assign(&self, keys: &[String], slack_percent: u32) -> Vec<Member> {
        let total: u32 = self.weights.values().sum();
        let mut room: BTreeMap<Member, usize> = self
            .weights
            .iter()
            .map(|(member, weight)| (*member, bound(keys.len(), *weight, total, slack_percent)))
            .collect();
        let mut assigned = Vec::new();
        for key in keys {
            let Some(member) = self.walk(key).find(|member| room[member] > 0) else { break };
            *room.entry(member).or_default() -= 1;
            assigned.push(member);
        }
        assigned
    }
}

impl Ring {
    /// All members, in the order in which the walk from a key's place meets them first.
    fn walk(&self, key: &str) -> impl Iterator<Item = Member> {
        let place = hash64(OF_KEYS, key.as_bytes());
        let start = self.points.partition_point(|(point, _)| *point < place);
        let round = self.points[start..].iter().chain(&self.points[..start]);
        let mut met = Vec::new();
        round.map(|(_, member)| *member).filter(move |member| {
            let new = !met.contains(member);
            if new {
                met.push(*member);
            }
            new
        })
    }
}

/// A weight that grows adds points and moves none.
fn place_of_point(member: Member, nth: u32) -> u64 {
    let mut bytes = [0; 8];
    bytes[..4].copy_from_slice(&member.0.to_le_bytes());
    bytes[4..].copy_from_slice(&nth.to_le_bytes());
    hash64(OF_POINTS, &bytes)
}
