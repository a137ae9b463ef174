//! Draws what goes wrong in a run.
//!
//! Swarm testing (Groce et al. 2012): a run that has a little of everything finds less than runs of which each has much of
//! a few things. So first it is drawn which kinds of faults a run has at all, then how many, then which.

use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};

use crate::choice::Random;
use crate::disk::Keep;
use crate::fault::{Fault, Span, When};
use crate::process::NodeId;

/// Kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Single messages are lost, or a share of all.
    Loss,
    /// Single messages arrive twice, or a share of all.
    Duplication,
    /// Single messages, links or all messages are late, so that messages overtake one another.
    Delay,
    /// The network splits in two.
    Split,
    /// One direction is cut.
    OneWay,
    /// A link is cut and open by turns.
    Flapping,
    /// Links carry few bytes a second.
    Narrow,
    /// Nodes crash, between handlers or in the middle of one, and come back.
    Crash,
    /// Nodes stand still.
    Pause,
    /// Nodes are slow.
    SlowNode,
    /// Clocks are off, jump and stop.
    Clock,
    /// Clocks run fast or slow.
    Drift,
}

impl Kind {
    /// All but links that carry few bytes a second, which matters only where messages are large.
    pub const ANY: [Kind; 11] = [
        Kind::Loss,
        Kind::Duplication,
        Kind::Delay,
        Kind::Split,
        Kind::OneWay,
        Kind::Flapping,
        Kind::Crash,
        Kind::Pause,
        Kind::SlowNode,
        Kind::Clock,
        Kind::Drift,
    ];

    /// What a network does.
    pub const NETWORK: [Kind; 6] =
        [Kind::Loss, Kind::Duplication, Kind::Delay, Kind::Split, Kind::OneWay, Kind::Flapping];
}

/// What may go wrong in a run, and when.
#[derive(Clone, Debug)]
pub struct Swarm {
    /// To whom it may happen.
    pub nodes: Vec<NodeId>,
    /// Which kinds of faults there may be.
    pub kinds: Vec<Kind>,
    /// Everything begins and ends before this time.
    pub until_ms: u64,
    /// At most so many faults.
    pub most: usize,
    /// Who may crash; everybody if empty.
    pub mortal: Vec<NodeId>,
    /// The greatest drift of clocks, in millionths.
    pub drift_ppm: i32,
    /// The greatest error of clocks on the wall, in milliseconds.
    pub clock_error_ms: i64,
}

impl Swarm {
    /// Up to six faults of these kinds among the first `nodes` nodes.
    pub fn of(nodes: usize, kinds: &[Kind], until_ms: u64) -> Self {
        Swarm {
            nodes: (0..nodes).map(NodeId::new).collect(),
            kinds: kinds.to_vec(),
            until_ms,
            most: 6,
            mortal: Vec::new(),
            drift_ppm: 1_000,
            clock_error_ms: 1_000,
        }
    }

    /// Faults for one run, at least one.
    pub fn draw(&self, random: &mut Random) -> Vec<Fault> {
        let mut kinds = self.kinds.clone();
        kinds.shuffle(random);
        kinds.truncate(random.random_range(1..=kinds.len().min(3)));
        let count = random.random_range(1..=self.most);
        (0..count).map(|_| self.one(*kinds.choose(random).expect("a run has some kind of fault"), random)).collect()
    }

    /// One fault of this kind.
    pub fn one(&self, kind: Kind, random: &mut Random) -> Fault {
        match kind {
            Kind::Loss if random.random_bool(0.7) => {
                let (from, to, nth) = self.message(random);
                Fault::Lose { from, to, nth }
            }
            Kind::Loss => Fault::Lossy { percent: random.random_range(5..=40), span: self.span(random) },
            Kind::Duplication if random.random_bool(0.7) => {
                let (from, to, nth) = self.message(random);
                Fault::Duplicate { from, to, nth, after_ms: random.random_range(0..self.until_ms / 2) }
            }
            Kind::Duplication => Fault::Duplicating { percent: random.random_range(5..=50), span: self.span(random) },
            Kind::Delay => self.delay(random),
            Kind::Split => Fault::Split { side: self.some(random), span: self.span(random) },
            Kind::OneWay => {
                let from = self.some(random);
                let to = self.nodes.iter().copied().filter(|node| !from.contains(node)).collect();
                Fault::OneWay { from, to, span: self.span(random) }
            }
            Kind::Flapping => {
                let (a, b) = self.two(random);
                Fault::Flapping { a, b, period_ms: random.random_range(10..=100), span: self.span(random) }
            }
            Kind::Narrow => Fault::Narrow {
                node: self.any(random),
                bytes_per_s: random.random_range(500..=10_000),
                span: self.span(random),
            },
            Kind::Crash => self.crash(random),
            Kind::Pause => Fault::Pause { node: self.any(random), span: self.span(random) },
            Kind::SlowNode => {
                Fault::SlowNode { node: self.any(random), by_ms: random.random_range(1..=20), span: self.span(random) }
            }
            Kind::Clock => self.clock(random),
            Kind::Drift => {
                let ppm = random.random_range(-self.drift_ppm..=self.drift_ppm);
                Fault::Drift { node: self.any(random), ppm }
            }
        }
    }

    fn delay(&self, random: &mut Random) -> Fault {
        let by_ms = random.random_range(5..=(self.until_ms / 2).max(6));
        match random.random_range(0..10) {
            0..6 => {
                let (from, to, nth) = self.message(random);
                Fault::Delay { from, to, nth, by_ms }
            }
            6..8 => {
                let (from, to) = self.two(random);
                Fault::SlowLink { from, to, by_ms: by_ms.min(200), span: self.span(random) }
            }
            _ => Fault::Jittery { up_to_ms: by_ms.min(200), span: self.span(random) },
        }
    }

    fn crash(&self, random: &mut Random) -> Fault {
        let mortal = if self.mortal.is_empty() { &self.nodes } else { &self.mortal };
        let node = *mortal.choose(random).expect("somebody may crash");
        let when = match random.random_range(0..8) {
            0..3 => When::At(random.random_range(0..self.until_ms)),
            3..5 => When::BeforeSend(random.random_range(1..=12)),
            5 => When::BeforeSync(random.random_range(1..=6)),
            6 => When::AfterSync(random.random_range(1..=6)),
            _ => When::BeforeOutput(random.random_range(1..=4)),
        };
        let keep = match random.random_range(0..6) {
            0..3 => Keep::Nothing,
            3 => Keep::Everything,
            4 => Keep::First(random.random_range(1..=2)),
            _ => Keep::FirstThenTorn(random.random_range(0..=1)),
        };
        let back_after_ms = Some(random.random_range(1..=(self.until_ms / 3).max(2)));
        Fault::Crash { node, when, back_after_ms, keep }
    }

    fn clock(&self, random: &mut Random) -> Fault {
        let node = self.any(random);
        let by_ms = random.random_range(-self.clock_error_ms..=self.clock_error_ms);
        match random.random_range(0..3) {
            0 => Fault::Offset { node, by_ms },
            1 => Fault::Jump { node, at_ms: random.random_range(0..self.until_ms), by_ms },
            _ => Fault::Freeze { node, span: self.span(random) },
        }
    }

    fn any(&self, random: &mut Random) -> NodeId {
        *self.nodes.choose(random).expect("a run has nodes")
    }

    fn two(&self, random: &mut Random) -> (NodeId, NodeId) {
        let mut nodes = self.nodes.clone();
        nodes.shuffle(random);
        (nodes[0], *nodes.last().expect("a run has nodes"))
    }

    /// Some of the nodes, not all.
    fn some(&self, random: &mut Random) -> Vec<NodeId> {
        let mut nodes = self.nodes.clone();
        nodes.shuffle(random);
        nodes.truncate(random.random_range(1..=(nodes.len() / 2).max(1)));
        nodes.sort_unstable();
        nodes
    }

    /// An early message of some link.
    fn message(&self, random: &mut Random) -> (NodeId, NodeId, u32) {
        let (from, to) = self.two(random);
        let most = [3, 8, 30][random.random_range(0..3)];
        (from, to, random.random_range(1..=most))
    }

    fn span(&self, random: &mut Random) -> Span {
        let from_ms = random.random_range(0..self.until_ms.max(2) - 1);
        Span::new(from_ms, random.random_range(from_ms + 1..=self.until_ms))
    }
}
