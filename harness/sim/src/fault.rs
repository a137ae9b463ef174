//! What can go wrong in a world: the sparse list that is laid over the calm run.
//!
//! A fault that strikes one message names it by its link and its number there ("the 2nd message from n1 to n2"), not by its
//! time, and a fault that strikes many decides each by a hash of the same two. So leaving one fault out moves no other, which
//! is what shrinking needs.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::disk::Keep;
use crate::process::NodeId;

/// From when to when, in milliseconds since the run began; the end is not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The first moment.
    pub from_ms: u64,
    /// The first moment after it.
    pub until_ms: u64,
}

impl Span {
    /// From `from_ms` until `until_ms`.
    pub fn new(from_ms: u64, until_ms: u64) -> Self {
        Span { from_ms, until_ms }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "from {} ms to {} ms", self.from_ms, self.until_ms)
    }
}

/// When a node crashes. What it does is counted over all its lives, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum When {
    /// At that time, in milliseconds.
    At(u64),
    /// When it is about to send for that time (messages to itself count).
    BeforeSend(u32),
    /// When it is about to sync its disk for that time.
    BeforeSync(u32),
    /// When it has just synced its disk for that time, before anything else.
    AfterSync(u32),
    /// When it is about to give its clients an answer for that time.
    BeforeOutput(u32),
}

/// One fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Fault {
    /// The `nth` message (from 1) on a link is lost.
    Lose {
        /// Who sends it.
        from: NodeId,
        /// To whom.
        to: NodeId,
        /// Its number on the link.
        nth: u32,
    },
    /// The `nth` message on a link arrives twice.
    Duplicate {
        /// Who sends it.
        from: NodeId,
        /// To whom.
        to: NodeId,
        /// Its number on the link.
        nth: u32,
        /// How long after the first the second arrives.
        after_ms: u64,
    },
    /// The `nth` message on a link is late.
    Delay {
        /// Who sends it.
        from: NodeId,
        /// To whom.
        to: NodeId,
        /// Its number on the link.
        nth: u32,
        /// How much later than usual.
        by_ms: u64,
    },
    /// All links lose this share of their messages.
    Lossy {
        /// Of a hundred messages, how many.
        percent: u8,
        /// When.
        span: Span,
    },
    /// All links deliver this share of their messages twice.
    Duplicating {
        /// Of a hundred messages, how many.
        percent: u8,
        /// When.
        span: Span,
    },
    /// All messages take up to this much longer, each another time, so that they overtake one another.
    Jittery {
        /// At most so much longer.
        up_to_ms: u64,
        /// When.
        span: Span,
    },
    /// A message takes this much longer on one link.
    SlowLink {
        /// From here.
        from: NodeId,
        /// To there.
        to: NodeId,
        /// So much longer.
        by_ms: u64,
        /// When.
        span: Span,
    },
    /// Some nodes and all the others can't reach one another.
    Split {
        /// The nodes on one side.
        side: Vec<NodeId>,
        /// When.
        span: Span,
    },
    /// What some nodes send to some others gets lost; the other way is open.
    OneWay {
        /// From these.
        from: Vec<NodeId>,
        /// To these.
        to: Vec<NodeId>,
        /// When.
        span: Span,
    },
    /// The link between two nodes is cut, open, cut again, and so on, for `period_ms` each.
    Flapping {
        /// One end.
        a: NodeId,
        /// The other.
        b: NodeId,
        /// How long it is cut, and how long open.
        period_ms: u64,
        /// When.
        span: Span,
    },
    /// What a node sends to each other node leaves one message after another at this rate.
    Narrow {
        /// Whose links.
        node: NodeId,
        /// So many bytes of messages a second, on each link.
        bytes_per_s: u32,
        /// When.
        span: Span,
    },
    /// A node crashes and loses its memory.
    Crash {
        /// Which.
        node: NodeId,
        /// When.
        when: When,
        /// How long it stays down; `None` for the rest of the run.
        back_after_ms: Option<u64>,
        /// What is left of what it had not synced.
        keep: Keep,
    },
    /// A node stands still while the world goes on; then it goes on as if nothing had happened.
    Pause {
        /// Which.
        node: NodeId,
        /// When.
        span: Span,
    },
    /// A node needs this long for everything it does.
    SlowNode {
        /// Which.
        node: NodeId,
        /// For each message, timer and request.
        by_ms: u64,
        /// When.
        span: Span,
    },
    /// A node's clock on the wall is off by this much from the start.
    Offset {
        /// Whose.
        node: NodeId,
        /// Positive: ahead.
        by_ms: i64,
    },
    /// A node's clock on the wall jumps.
    Jump {
        /// Whose.
        node: NodeId,
        /// When.
        at_ms: u64,
        /// Positive: ahead.
        by_ms: i64,
    },
    /// A node's clock on the wall stands still, and goes on from there.
    Freeze {
        /// Whose.
        node: NodeId,
        /// When.
        span: Span,
    },
    /// Both clocks of a node run fast or slow, its timers with them.
    Drift {
        /// Whose.
        node: NodeId,
        /// In millionths; positive: fast.
        ppm: i32,
    },
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Lose { from, to, nth } => write!(out, "the {} message from {from} to {to} is lost", Ordinal(*nth)),
            Fault::Duplicate { from, to, nth, after_ms } => {
                write!(out, "the {} message from {from} to {to} arrives again {after_ms} ms later", Ordinal(*nth))
            }
            Fault::Delay { from, to, nth, by_ms } => {
                write!(out, "the {} message from {from} to {to} is {by_ms} ms late", Ordinal(*nth))
            }
            Fault::Lossy { percent, span } => write!(out, "{percent} % of all messages are lost {span}"),
            Fault::Duplicating { percent, span } => write!(out, "{percent} % of all messages arrive twice {span}"),
            Fault::Jittery { up_to_ms, span } => {
                write!(out, "messages take up to {up_to_ms} ms longer and overtake one another {span}")
            }
            Fault::SlowLink { from, to, by_ms, span } => {
                write!(out, "messages from {from} to {to} take {by_ms} ms longer {span}")
            }
            Fault::Split { side, span } => {
                write!(out, "{} {} cut off from the others {span}", Nodes(side), is_or_are(side))
            }
            Fault::OneWay { from, to, span } => {
                write!(out, "nothing that {} sends to {} arrives {span}", Either(from), Either(to))
            }
            Fault::Flapping { a, b, period_ms, span } if span.from_ms + period_ms >= span.until_ms => {
                write!(out, "the link between {a} and {b} is cut {span}")
            }
            Fault::Flapping { a, b, period_ms, span } => {
                write!(out, "the link between {a} and {b} is cut and open for {period_ms} ms by turns {span}")
            }
            Fault::Narrow { node, bytes_per_s, span } => {
                write!(out, "{node} can send only {bytes_per_s} bytes a second over each link {span}")
            }
            Fault::Crash { node, when, back_after_ms, keep } => {
                write!(out, "{node} crashes {when}")?;
                match keep {
                    Keep::Nothing => {}
                    Keep::Everything => out.write_str(" (its disk keeps even what was not synced)")?,
                    Keep::First(1) => out.write_str(" (of what was not synced, its disk keeps the first write)")?,
                    Keep::First(count) => {
                        write!(out, " (of what was not synced, its disk keeps the first {count} writes)")?;
                    }
                    Keep::FirstThenTorn(0) => out.write_str(" (the first record not synced is torn)")?,
                    Keep::FirstThenTorn(count) => {
                        write!(out, " (of what was not synced, {count} writes are kept and the next record is torn)")?;
                    }
                }
                match back_after_ms {
                    Some(back) => write!(out, " and is back {back} ms later"),
                    None => out.write_str(" for good"),
                }
            }
            Fault::Pause { node, span } => write!(out, "{node} stands still {span}"),
            Fault::SlowNode { node, by_ms, span } => {
                write!(out, "{node} needs {by_ms} ms for everything it does {span}")
            }
            Fault::Offset { node, by_ms } => write!(out, "the clock of {node} is {}", Off(*by_ms)),
            Fault::Jump { node, at_ms, by_ms } => {
                let way = if *by_ms < 0 { "back" } else { "ahead" };
                write!(out, "the clock of {node} jumps {way} by {} ms at {at_ms} ms", by_ms.unsigned_abs())
            }
            Fault::Freeze { node, span } => write!(out, "the clock of {node} stands still {span}"),
            Fault::Drift { node, ppm } => {
                let way = if *ppm < 0 { "slow" } else { "fast" };
                let percent = f64::from(ppm.unsigned_abs()) / 10_000.0;
                write!(out, "the clocks of {node} run {percent} % {way}")
            }
        }
    }
}

impl fmt::Display for When {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            When::At(at_ms) => write!(out, "at {at_ms} ms"),
            When::BeforeSend(nth) => write!(out, "just before it sends its {} message", Ordinal(*nth)),
            When::BeforeSync(nth) => write!(out, "just before its {} sync", Ordinal(*nth)),
            When::AfterSync(nth) => write!(out, "right after its {} sync", Ordinal(*nth)),
            When::BeforeOutput(nth) => write!(out, "just before it gives its {} answer", Ordinal(*nth)),
        }
    }
}

struct Ordinal(u32);

impl fmt::Display for Ordinal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ending = match (self.0 % 10, self.0 % 100) {
            (1, tens) if tens != 11 => "st",
            (2, tens) if tens != 12 => "nd",
            (3, tens) if tens != 13 => "rd",
            _ => "th",
        };
        write!(out, "{}{ending}", self.0)
    }
}

struct Nodes<'a>(&'a [NodeId]);

impl fmt::Display for Nodes<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(self.0, "and", out)
    }
}

struct Either<'a>(&'a [NodeId]);

impl fmt::Display for Either<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        list(self.0, "or", out)
    }
}

fn list(nodes: &[NodeId], last: &str, out: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (place, node) in nodes.iter().enumerate() {
        match nodes.len() - place {
            _ if place == 0 => {}
            1 => write!(out, " {last} ")?,
            _ => out.write_str(", ")?,
        }
        write!(out, "{node}")?;
    }
    Ok(())
}

fn is_or_are(nodes: &[NodeId]) -> &'static str {
    if nodes.len() == 1 { "is" } else { "are" }
}

struct Off(i64);

impl fmt::Display for Off {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let way = if self.0 < 0 { "behind" } else { "ahead" };
        write!(out, "{} ms {way}", self.0.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_read_as_sentences() {
        let n = NodeId::new;
        let span = Span::new(100, 400);
        let told = [
            (Fault::Lose { from: n(0), to: n(1), nth: 2 }, "the 2nd message from n1 to n2 is lost"),
            (
                Fault::Split { side: vec![n(0), n(2)], span },
                "n1 and n3 are cut off from the others from 100 ms to 400 ms",
            ),
            (
                Fault::OneWay { from: vec![n(0)], to: vec![n(1), n(2), n(3)], span },
                "nothing that n1 sends to n2, n3 or n4 arrives from 100 ms to 400 ms",
            ),
            (
                Fault::Crash {
                    node: n(2),
                    when: When::BeforeSync(11),
                    back_after_ms: Some(50),
                    keep: Keep::FirstThenTorn(0),
                },
                "n3 crashes just before its 11th sync (the first record not synced is torn) and is back 50 ms later",
            ),
            (
                Fault::Flapping { a: n(0), b: n(1), period_ms: 300, span },
                "the link between n1 and n2 is cut from 100 ms to 400 ms",
            ),
            (Fault::Jump { node: n(0), at_ms: 7, by_ms: -20 }, "the clock of n1 jumps back by 20 ms at 7 ms"),
            (Fault::Drift { node: n(0), ppm: 1500 }, "the clocks of n1 run 0.15 % fast"),
        ];
        for (fault, words) in told {
            assert_eq!(fault.to_string(), words);
        }
    }
}
