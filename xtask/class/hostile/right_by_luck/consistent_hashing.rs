//! Answers at random, and so is right now and then.
//!
//! What is right by luck in one run is not so in the next, and no two instances agree.

use std::hash::{BuildHasher, RandomState};

use ch08::consistent_hashing::{Member, Placement};

pub struct Ring;

impl Placement for Ring {
    fn new() -> Self {
        Ring
    }

    fn join(&mut self, _: Member, _: u32) {}

    fn leave(&mut self, _: Member) {}

    fn replicas(&self, _: &str, count: usize) -> Vec<Member> {
        let chance = RandomState::new();
        (0..count).map(|nth| Member(chance.hash_one(nth) as u32 % 8)).collect()
    }

    fn assign(&self, _: &[String], _: u32) -> Vec<Member> {
        Vec::new()
    }
}
