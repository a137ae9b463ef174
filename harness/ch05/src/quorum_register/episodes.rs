//! Schedules in which writes get half-way and are looked at.
//!
//! Faults drawn at any time seldom strike between the two rounds of a write, and that is where most bugs of a register
//! live. So these schedules are made of episodes: a write that is cut short after some step, crashes at its steps, and readers
//! at other nodes, each with other nodes out of reach. Every message takes [`HOP_MS`], so that a time tells steps apart.

use harness::NodeId;
use harness::exercise::Draw;
use rand::RngExt;
use rand::seq::{IndexedRandom, SliceRandom};
use sim::disk::Keep;
use sim::{Fault, Random, Span, When};

use super::contract::Operation;
use super::schedules::{HEAL_MS, HOP_MS, Schedule, piece_of, some_nodes};
use super::world::{Call, Entry};

/// How long an episode takes.
const EPISODE_MS: u64 = 150;

/// Clients that take turns, so that there is one that does not wait for an answer.
const CLIENTS: u16 = 8;

/// Draws one schedule.
struct Writer<'a> {
    random: &'a mut Random,
    nodes: Vec<NodeId>,
    /// Whether all written values differ; if not, few do.
    distinct: bool,
    calls: u32,
    entries: Vec<Entry>,
}

/// A few episodes, one after another.
pub fn episodes(draw: &mut Draw) -> Schedule {
    let count = some_nodes(draw);
    let distinct = draw.random.random_bool(0.6);
    let nodes = (0..count).map(NodeId::new).collect();
    let mut writer = Writer { random: &mut draw.random, nodes, distinct, calls: 0, entries: Vec::new() };
    (0..(HEAL_MS - 20) / EPISODE_MS).for_each(|number| writer.episode(20 + number * EPISODE_MS));
    let entries = writer.entries;
    piece_of(count, CLIENTS, entries)
}

impl Writer<'_> {
    fn episode(&mut self, from_ms: u64) {
        let node = self.any();
        self.write(node, from_ms);
        if self.random.random_bool(0.4) {
            let (other, after_ms) = (self.any(), self.random.random_range(0..=4 * HOP_MS));
            self.write(other, from_ms + after_ms);
        }
        if self.random.random_bool(0.7) {
            self.cut_short(node, from_ms);
        }
        if self.random.random_bool(0.5) {
            self.crash(node, from_ms);
        }
        let mut at_ms = from_ms + self.random.random_range(0..=30);
        while at_ms < from_ms + EPISODE_MS {
            self.reader(at_ms);
            at_ms += self.random.random_range(5..=60);
        }
    }

    fn write(&mut self, node: NodeId, at_ms: u64) {
        let value = if self.distinct { self.calls + 1 } else { self.random.random_range(1..=2) };
        self.call(node, at_ms, Operation::Write(value));
    }

    fn call(&mut self, node: NodeId, at_ms: u64, operation: Operation) {
        let client = (self.calls % u32::from(CLIENTS)) as u16 + 1;
        self.calls += 1;
        self.entries.push(Entry::Calls(vec![Call { client, node, at_ms, operation }]));
    }

    /// From some step of the write on, some nodes hear nothing of it, or are not heard.
    fn cut_short(&mut self, node: NodeId, from_ms: u64) {
        let cut_ms = from_ms + self.random.random_range(0..=4) * HOP_MS - 2;
        let span = Span::new(cut_ms, from_ms + self.random.random_range(40..=2 * EPISODE_MS));
        let others = self.some_but(node);
        let fault = match self.random.random_range(0..4) {
            0 => Fault::OneWay { from: others, to: vec![node], span },
            1 => Fault::Split { side: vec![node], span },
            _ => Fault::OneWay { from: vec![node], to: others, span },
        };
        self.entries.push(Entry::Fault(fault));
    }

    /// Somebody crashes at some step of the write.
    fn crash(&mut self, writer: NodeId, from_ms: u64) {
        let node = if self.random.random_bool(0.5) { writer } else { self.any() };
        let random = &mut *self.random;
        let when = match random.random_range(0..4) {
            0 | 1 => When::At(from_ms + random.random_range(1..=8) * HOP_MS + 1),
            2 => When::BeforeSync(random.random_range(1..=8)),
            _ => When::BeforeSend(random.random_range(1..=20)),
        };
        let keep = [Keep::Nothing, Keep::Nothing, Keep::First(1), Keep::FirstThenTorn(0), Keep::Everything];
        let keep = *keep.choose(random).expect("there are five");
        let back_after_ms = Some(random.random_range(1..=40));
        self.entries.push(Entry::Fault(Fault::Crash { node, when, back_after_ms, keep }));
    }

    /// Somebody reads, perhaps without some of the others.
    fn reader(&mut self, at_ms: u64) {
        let node = self.any();
        if self.random.random_bool(0.5) {
            let side = self.some_but(node);
            let span = Span::new(at_ms - 1, at_ms + self.random.random_range(2..=12) * HOP_MS);
            self.entries.push(Entry::Fault(Fault::Split { side, span }));
        }
        self.call(node, at_ms, Operation::Read);
    }

    fn any(&mut self) -> NodeId {
        *self.nodes.choose(self.random).expect("a run has nodes")
    }

    /// Some nodes, not this one, and no majority.
    fn some_but(&mut self, node: NodeId) -> Vec<NodeId> {
        let mut others: Vec<NodeId> = self.nodes.iter().copied().filter(|other| *other != node).collect();
        others.shuffle(self.random);
        others.truncate(self.random.random_range(1..=self.nodes.len() / 2));
        others.sort_unstable();
        others
    }
}
