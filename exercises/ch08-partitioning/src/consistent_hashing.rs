//! Who holds this key?
//!
//! Contract: `ch08::consistent_hashing`. Lesson: `cargo xtask lesson consistent_hashing`.

use ch08::consistent_hashing::{Member, Placement};

/// A ring of points; a key belongs to the first point at or after its own place.
pub struct Ring {
    // What has to be sorted?
}

impl Placement for Ring {
    fn new() -> Self {
        todo!("a ring without points")
    }

    fn join(&mut self, member: Member, weight: u32) {
        let _ = (member, weight);
        todo!("where are this member's points? It may have been there with another weight")
    }

    fn leave(&mut self, member: Member) {
        let _ = member;
        todo!("take away its points, and nobody else's")
    }

    fn replicas(&self, key: &str, count: usize) -> Vec<Member> {
        let _ = (key, count);
        todo!("walk on from the key's place until there are enough different members")
    }

    fn assign(&self, keys: &[String], slack_percent: u32) -> Vec<Member> {
        let _ = (keys, slack_percent);
        todo!("walk on past those who are full")
    }
}
