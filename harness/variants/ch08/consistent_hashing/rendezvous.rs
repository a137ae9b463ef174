//! Rendezvous hashing (Thaler and Ravishankar 1998): no circle. Every member bids for every key, once for each unit of its
//! weight, and the highest bids win. Keys are assigned in the order of their hashes.

use ch08::consistent_hashing::{Member, Placement, bound, hash64};

pub struct Ring(Vec<(Member, u32)>);

impl Ring {
    fn ranked(&self, key: &str) -> Vec<(Member, u32)> {
        let bid = |(member, weight): &(Member, u32)| {
            let name = hash64(0, key.as_bytes()) ^ u64::from(member.0);
            let best = (0..*weight).map(|ticket| hash64(u64::from(ticket), &name.to_be_bytes())).max();
            (std::cmp::Reverse(best), *member)
        };
        let mut ranked = self.0.clone();
        ranked.sort_by_cached_key(bid);
        ranked
    }
}

impl Placement for Ring {
    fn new() -> Self {
        Ring(Vec::new())
    }

    fn join(&mut self, member: Member, weight: u32) {
        self.leave(member);
        self.0.push((member, weight));
    }

    fn leave(&mut self, member: Member) {
        self.0.retain(|(other, _)| *other != member);
    }

    fn replicas(&self, key: &str, count: usize) -> Vec<Member> {
        self.ranked(key).into_iter().take(count).map(|(member, _)| member).collect()
    }

    fn assign(&self, keys: &[String], slack_percent: u32) -> Vec<Member> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let total = self.0.iter().map(|(_, weight)| weight).sum();
        let mut order: Vec<usize> = (0..keys.len()).collect();
        order.sort_by_cached_key(|place| hash64(9, keys[*place].as_bytes()));
        let mut loads = std::collections::BTreeMap::new();
        let mut assigned = vec![None; keys.len()];
        for place in order {
            for (member, weight) in self.ranked(&keys[place]) {
                let load = loads.entry(member).or_insert(0);
                if *load < bound(keys.len(), weight, total, slack_percent) {
                    *load += 1;
                    assigned[place] = Some(member);
                    break;
                }
            }
        }
        assigned.into_iter().flatten().collect()
    }
}
