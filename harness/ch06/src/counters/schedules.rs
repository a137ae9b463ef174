//! Which schedules put each promise to the test.

use explore::Plan;
use harness::NodeId;
use harness::exercise::Draw;
use rand::RngExt;
use sim::disk::Keep;
use sim::swarm::Kind;
use sim::{Fault, Span, Swarm, When};

use super::world::{Entry, Setup};

type Schedule = Plan<Setup, Entry>;

/// The workload and the faults are over by then.
const BUSY_MS: u64 = 600;

fn nodes(nodes: usize, entries: Vec<Entry>) -> Schedule {
    Plan { setup: Setup { nodes, heal_ms: BUSY_MS }, entries }
}

fn n(index: usize) -> NodeId {
    NodeId::new(index)
}

/// Changes and a few readings, at different times for every node.
fn work(draw: &mut Draw, count: usize, steps: usize) -> Vec<Entry> {
    let step = |place| {
        let node = n(draw.random.random_range(0..count));
        let at_ms = 1 + place as u64 * (BUSY_MS - 100) / steps as u64;
        match draw.random.random_range(0..10) {
            0..2 => Entry::Read { node, at_ms },
            2..6 => Entry::Change { node, by: draw.random.random_range(1..=20), at_ms },
            _ => Entry::Change { node, by: -draw.random.random_range(1..=20), at_ms },
        }
    };
    (0..steps).map(step).collect()
}

/// Half of the nodes are cut off from the others most of the time.
pub fn cut_in_two(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=4);
    let mut entries = work(draw, count, 14);
    let side = (0..count / 2).map(n).collect();
    entries.push(Entry::Fault(Fault::Split { side, span: Span::new(20, draw.random.random_range(300..BUSY_MS)) }));
    nodes(count, entries)
}

/// Everything that a network can do.
pub fn bad_network(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=4);
    let mut entries = work(draw, count, 14);
    let swarm = Swarm::of(count, &[&Kind::NETWORK[..], &[Kind::Pause]].concat(), BUSY_MS);
    entries.extend(swarm.draw(&mut draw.random).into_iter().map(Entry::Fault));
    match draw.index % 4 {
        // The last that somebody says is lost on its way.
        0 | 2 => entries.push(Entry::Fault(Fault::Lossy { percent: 80, span: Span::new(BUSY_MS / 3, BUSY_MS) })),
        // What comes is old.
        1 => entries.push(Entry::Fault(Fault::Jittery { up_to_ms: 300, span: Span::new(0, BUSY_MS) })),
        _ => {}
    }
    nodes(count, entries)
}

/// Nodes crash, also between an answer and what should have been safe before it.
pub fn crashes(draw: &mut Draw) -> Schedule {
    if draw.index < 6 {
        return set_piece(draw.index);
    }
    let count = draw.random.random_range(2..=3);
    let mut entries = work(draw, count, 12);
    for _ in 0..draw.random.random_range(1..=3) {
        let when = match draw.random.random_range(0..4) {
            0 => When::BeforeSync(draw.random.random_range(1..=6)),
            1 => When::AfterSync(draw.random.random_range(1..=6)),
            2 => When::BeforeOutput(draw.random.random_range(1..=5)),
            _ => When::At(draw.random.random_range(50..BUSY_MS)),
        };
        let keep =
            [Keep::Nothing, Keep::Nothing, Keep::First(1), Keep::FirstThenTorn(0)][draw.random.random_range(0..4)];
        let back_after_ms = Some(draw.random.random_range(1..=100));
        entries.push(Entry::Fault(Fault::Crash {
            node: n(draw.random.random_range(0..count)),
            when,
            back_after_ms,
            keep,
        }));
    }
    nodes(count, entries)
}

/// A change, a crash about then, another change.
fn set_piece(index: u64) -> Schedule {
    let when = match index {
        0 => When::At(40),
        1..4 => When::BeforeSync(index as u32),
        _ => When::AfterSync(index as u32 - 3),
    };
    let change = |by, at_ms| Entry::Change { node: n(0), by, at_ms };
    let crash = Fault::Crash { node: n(0), when, back_after_ms: Some(200), keep: Keep::Nothing };
    nodes(2, vec![change(5, 10), Entry::Fault(crash), change(3, 400), change(-1, 410)])
}

/// Work without any trouble.
pub fn calm(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=5);
    nodes(count, work(draw, count, 10))
}
