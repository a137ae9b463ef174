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

/// The same, where it takes its time.
const SLOW_MS: u64 = 8_000;

fn nodes(nodes: usize, entries: Vec<Entry>) -> Schedule {
    Plan { setup: Setup { nodes, heal_ms: BUSY_MS }, entries }
}

fn n(index: usize) -> NodeId {
    NodeId::new(index)
}

/// Changes and a few readings, at different times for every node.
fn work(draw: &mut Draw, count: usize, busy_ms: u64, steps: usize) -> Vec<Entry> {
    let step = |place| {
        let node = n(draw.random.random_range(0..count));
        let at_ms = 1 + place as u64 * (busy_ms - 100) / steps as u64;
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
    let mut entries = work(draw, count, BUSY_MS, 14);
    let side = (0..count / 2).map(n).collect();
    entries.push(Entry::Fault(Fault::Split { side, span: Span::new(20, draw.random.random_range(300..BUSY_MS)) }));
    nodes(count, entries)
}

/// Everything that a network can do.
pub fn bad_network(draw: &mut Draw) -> Schedule {
    if draw.index % 5 == 4 {
        return slow_trouble(draw);
    }
    let count = draw.random.random_range(2..=4);
    let mut entries = work(draw, count, BUSY_MS, 14);
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

/// Trouble of all kinds that lasts long enough for nodes that tell the others only every second or two.
fn slow_trouble(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=3);
    let mut schedule = nodes(count, work(draw, count, SLOW_MS, 14));
    let span = Span::new(0, SLOW_MS);
    let faults = [
        Fault::Split { side: vec![n(0)], span: Span::new(SLOW_MS / 2, SLOW_MS * 3 / 4) },
        Fault::Lossy { percent: 30, span },
        Fault::Duplicating { percent: 50, span },
        Fault::Jittery { up_to_ms: SLOW_MS / 2, span },
    ];
    schedule.entries.extend(faults.map(Entry::Fault));
    schedule.setup.heal_ms = SLOW_MS;
    schedule
}

/// Nodes crash, also between an answer and what should have been safe before it.
pub fn crashes(draw: &mut Draw) -> Schedule {
    if draw.index < 10 {
        return set_piece(draw.index);
    }
    let count = draw.random.random_range(2..=3);
    let mut entries = work(draw, count, BUSY_MS, 12);
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
    let (when, back_after_ms) = match index {
        0 | 9 => (When::At(40), 200),
        1..4 => (When::BeforeSync(index as u32), 200),
        4..6 => (When::AfterSync(index as u32 - 3), 200),
        // Back at once, before anybody can tell it what it has forgotten.
        _ => (When::BeforeSync(index as u32 - 5), 1),
    };
    let change = |by, at_ms| Entry::Change { node: n(0), by, at_ms };
    let crash = Fault::Crash { node: n(0), when, back_after_ms: Some(back_after_ms), keep: Keep::Nothing };
    let next_ms = 10 + 2 * back_after_ms;
    let mut entries = vec![change(5, 10), Entry::Fault(crash), change(3, next_ms), change(-1, next_ms + 10)];
    if index == 9 {
        // Nobody else has heard of the change.
        entries.push(Entry::Fault(Fault::Split { side: vec![n(0)], span: Span::new(0, 45) }));
    }
    nodes(2, entries)
}

/// Work without any trouble.
pub fn calm(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=5);
    nodes(count, work(draw, count, BUSY_MS, 10))
}
