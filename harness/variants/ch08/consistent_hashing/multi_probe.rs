//! Multi-probe consistent hashing (Appleton and O'Reilly 2015): few points, and a key looks from many places. The member with
//! the point that is nearest after any of them wins.

use std::collections::BTreeSet;

use ch08::consistent_hashing::{Member, Placement, bound, hash64};

const POINTS: u32 = 40;
const PROBES: u64 = 6;

#[derive(Default)]
pub struct Ring {
    points: BTreeSet<(u64, Member)>,
    members: Vec<(Member, u32)>,
}

impl Ring {
    /// The points after a place, all the way round, with their distances.
    fn from(&self, place: u64) -> impl Iterator<Item = (u64, Member)> {
        let after = self.points.range((place, Member(0))..);
        let before = self.points.range(..(place, Member(0)));
        after.chain(before).map(move |(point, member)| (point.wrapping_sub(place), *member))
    }

    fn owners(&self, key: &str, count: usize) -> Vec<Member> {
        let mut nearest: Vec<(u64, Member)> = Vec::new();
        for probe in 0..PROBES {
            let mut met: Vec<Member> = Vec::new();
            for (distance, member) in self.from(hash64(100 + probe, key.as_bytes())) {
                if met.len() == count.min(self.members.len()) {
                    break;
                }
                if met.contains(&member) {
                    continue;
                }
                met.push(member);
                match nearest.iter_mut().find(|(_, other)| *other == member) {
                    Some((best, _)) => *best = distance.min(*best),
                    None => nearest.push((distance, member)),
                }
            }
        }
        nearest.sort_unstable();
        nearest.into_iter().take(count).map(|(_, member)| member).collect()
    }
}

impl Placement for Ring {
    fn new() -> Self {
        Ring::default()
    }

    fn join(&mut self, member: Member, weight: u32) {
        self.leave(member);
        self.members.push((member, weight));
        let name = |nth: u32| hash64(0, format!("{member}#{nth}").as_bytes());
        self.points.extend((0..weight * POINTS).map(|nth| (name(nth), member)));
    }

    fn leave(&mut self, member: Member) {
        self.members.retain(|(other, _)| *other != member);
        self.points.retain(|(_, other)| *other != member);
    }

    fn replicas(&self, key: &str, count: usize) -> Vec<Member> {
        self.owners(key, count)
    }

    fn assign(&self, keys: &[String], slack_percent: u32) -> Vec<Member> {
        let total: u32 = self.members.iter().map(|(_, weight)| weight).sum();
        let bound = |weight| bound(keys.len(), weight, total, slack_percent);
        let mut room: Vec<(Member, usize)> = self.members.iter().map(|(member, weight)| (*member, bound(*weight))).collect();
        let mut assigned = Vec::new();
        for key in keys {
            for owner in self.owners(key, self.members.len()) {
                let (_, room) = room.iter_mut().find(|(member, _)| *member == owner).unwrap();
                if *room > 0 {
                    *room -= 1;
                    assigned.push(owner);
                    break;
                }
            }
        }
        assigned
    }
}
