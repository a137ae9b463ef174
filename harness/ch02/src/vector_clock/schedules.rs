//! Which schedules put each promise to the test.

use std::collections::BTreeMap;

use explore::Plan;
use harness::exercise::Draw;
use harness::{NodeId, Random};
use rand::RngExt;

use super::contract::Vector;
use super::world::{Entry, Setup};
use crate::traffic::{self, BUSY_MS, Step};

type Schedule = Plan<Setup, Entry>;

fn nodes(nodes: usize, steps: Vec<Step>) -> Schedule {
    Plan { setup: Setup { nodes, late: None }, entries: steps.into_iter().map(Entry::Step).collect() }
}

/// Nothing goes wrong, but messages may arrive twice.
pub fn calm(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=4);
    nodes(count, traffic::calm_steps(draw, count, 12))
}

/// Messages are lost, late, doubled and out of order.
pub fn troubled(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=5);
    nodes(count, traffic::troubled_steps(draw, count, 20))
}

/// Nodes crash. The clock on the wall is set back meanwhile, for it is no memory.
pub fn crashes(draw: &mut Draw) -> Schedule {
    let (count, mut steps) = traffic::crashing_steps(draw);
    steps.push(traffic::set_back(draw, count));
    nodes(count, steps)
}

/// Half of the nodes join when the others have long been at work.
pub fn newcomers(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(4..=8);
    let mut schedule = nodes(count, traffic::steps(draw, count, 24));
    schedule.setup.late = Some((count / 2, BUSY_MS / 2));
    schedule
}

/// Questions about made-up vectors, eight of them.
pub fn comparisons(draw: &mut Draw) -> Schedule {
    questions(draw, Entry::Compare)
}

/// The same, to be merged.
pub fn merges(draw: &mut Draw) -> Schedule {
    questions(draw, Entry::Merge)
}

fn questions(draw: &mut Draw, question: fn(Vector, Vector) -> Entry) -> Schedule {
    let mut schedule = nodes(2, Vec::new());
    schedule.entries = (0..8).map(|_| pair(&mut draw.random)).map(|(one, other)| question(one, other)).collect();
    schedule
}

/// Two vectors that have something to do with each other: of small counts, and the second often made from the first.
fn pair(random: &mut Random) -> (Vector, Vector) {
    let one = vector(random);
    let mut other = if random.random_bool(0.3) { vector(random) } else { one.clone() };
    for _ in 0..random.random_range(0..=2) {
        let node = any_node(random);
        match random.random_range(0..3) {
            0 => *other.0.entry(node).or_default() += 1,
            // Says the same as before, in other words.
            1 => drop(other.0.entry(node).or_insert(0)),
            _ => drop(other.0.remove(&node)),
        }
    }
    if random.random_bool(0.5) { (one, other) } else { (other, one) }
}

fn vector(random: &mut Random) -> Vector {
    let mut entries = BTreeMap::new();
    for node in NODES {
        if random.random_bool(0.5) {
            let high = if random.random_bool(0.2) { 1 << 40 } else { 0 };
            entries.insert(NodeId::new(node), high + random.random_range(0..=3));
        }
    }
    Vector(entries)
}

/// Whom made-up vectors name. They need not be here, and need not have met anybody who is.
const NODES: [usize; 5] = [0, 1, 2, 3, 40];

fn any_node(random: &mut Random) -> NodeId {
    NodeId::new(NODES[random.random_range(0..NODES.len())])
}
