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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lie_reads_as_a_sentence_and_is_told_to_everybody_it_names() {
        let n = NodeId::new;
        let lie = Lie {
            liars: vec![n(5), n(6)],
            to: vec![n(0), n(1), n(2)],
            claims: vec![Claim::Echo, Claim::Ready],
            broadcast: Broadcast { origin: n(5), number: 1 },
            value: Value(7),
            times: 2,
            at_ms: 10,
        };
        assert_eq!(lie.to_string(), "n6 and n7 send n1, n2 and n3 Echo and Ready n6/1 = 7 twice at 10 ms");
        let messages = lie.messages();
        assert_eq!(messages.len(), 2 * 3 * 2 * 2);
        assert_eq!(messages[0], (n(5), n(0), Message::Echo(lie.broadcast, Value(7))));
        let one = Lie { liars: vec![n(3)], to: vec![n(0)], claims: vec![Claim::Init], times: 1, ..lie };
        assert_eq!(one.to_string(), "n4 sends n1 Init n6/1 = 7 at 10 ms");
    }
}
