//! Weighted rendezvous hashing of 4,096 buckets: the highest of weight / -ln(hash) wins, and all keys of a bucket share its
//! list. Keys are assigned from the last to the first.

use std::collections::BTreeMap;

use ch08::consistent_hashing::{Member, Placement, bound, hash64};

pub struct Ring {
    members: BTreeMap<u32, u32>,
}

impl Ring {
    fn order(&self, key: &str) -> Vec<Member> {
        let bucket = hash64(77, key.as_bytes()) >> 52;
        let mut v: Vec<(f64, u32)> = self
            .members
            .iter()
            .map(|(m, w)| {
                let mut b = bucket.to_be_bytes().to_vec();
                b.extend(m.to_be_bytes());
                let u = (hash64(5, &b) as f64 + 0.5) / 2f64.powi(64);
                (f64::from(*w) / -u.ln(), *m)
            })
            .collect();
        v.sort_by(|a, b| b.partial_cmp(a).unwrap());
        v.into_iter().map(|(_, m)| Member(m)).collect()
    }
}

impl Placement for Ring {
    fn new() -> Self {
        Ring { members: BTreeMap::new() }
    }
    fn join(&mut self, m: Member, w: u32) {
        self.members.insert(m.0, w);
    }
    fn leave(&mut self, m: Member) {
        self.members.remove(&m.0);
    }
    fn replicas(&self, key: &str, count: usize) -> Vec<Member> {
        let mut o = self.order(key);
        o.truncate(count);
        o
    }
    fn assign(&self, keys: &[String], slack: u32) -> Vec<Member> {
        if self.members.is_empty() {
            return Vec::new();
        }
        let total = self.members.values().sum();
        let mut load: BTreeMap<Member, usize> = BTreeMap::new();
        let mut out: Vec<Member> = keys
            .iter()
            .rev()
            .map(|k| {
                let m = self
                    .order(k)
                    .into_iter()
                    .find(|m| load.get(m).copied().unwrap_or(0) < bound(keys.len(), self.members[&m.0], total, slack))
                    .unwrap();
                *load.entry(m).or_default() += 1;
                m
            })
            .collect();
        out.reverse();
        out
    }
}
