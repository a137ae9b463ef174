//! Who tells whom what.

use std::fmt;

use harness::NodeId;

use super::contract::{Broadcast, Message, Value};

/// What a message claims.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    Init,
    Echo,
    Ready,
}

impl Claim {
    pub const ALL: [Claim; 3] = [Claim::Init, Claim::Echo, Claim::Ready];

    /// The message that makes this claim.
    pub fn message(self, broadcast: Broadcast, value: Value) -> Message {
        match self {
            Claim::Init => Message::Init(broadcast, value),
            Claim::Echo => Message::Echo(broadcast, value),
            Claim::Ready => Message::Ready(broadcast, value),
        }
    }
}

/// Some liars tell some correct nodes something, all at the same time.
#[derive(Clone, Debug)]
pub struct Lie {
    pub liars: Vec<NodeId>,
    pub to: Vec<NodeId>,
    pub claims: Vec<Claim>,
    pub broadcast: Broadcast,
    pub value: Value,
    /// How often.
    pub times: u32,
    pub at_ms: u64,
}

impl Lie {
    /// All messages of it: from whom, to whom, what.
    pub fn messages(&self) -> Vec<(NodeId, NodeId, Message)> {
        let mut messages = Vec::new();
        for claim in &self.claims {
            let message = claim.message(self.broadcast, self.value);
            for liar in &self.liars {
                for to in &self.to {
                    messages.extend((0..self.times).map(|_| (*liar, *to, message)));
                }
            }
        }
        messages
    }
}

impl fmt::Display for Lie {
    /// `n4 sends n1 and n2 Init and Echo n4/1 = 7 at 10 ms`.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Lie { liars, to, claims, broadcast, value, times, at_ms } = self;
        let verb = if liars.len() == 1 { "sends" } else { "send" };
        let often = match times {
            1 => String::new(),
            2 => " twice".to_owned(),
            more => format!(" {more} times"),
        };
        let claims: Vec<String> = claims.iter().map(|claim| format!("{claim:?}")).collect();
        write!(out, "{} {verb} {} {} {broadcast} = {value}{often} at {at_ms} ms", and(liars), and(to), and(&claims))
    }
}

/// `n1`, `n1 and n2`, `n1, n2 and n3`.
pub fn and<T: fmt::Display>(all: &[T]) -> String {
    let names: Vec<String> = all.iter().map(T::to_string).collect();
    match names.split_last() {
        None => String::new(),
        Some((last, [])) => last.clone(),
        Some((last, before)) => format!("{} and {last}", before.join(", ")),
    }
}
