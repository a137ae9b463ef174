//! Schedules for whatever is kept: work, and what goes wrong meanwhile.

use explore::Plan;
use harness::NodeId;
use harness::exercise::Draw;
use rand::RngExt;
use sim::disk::Keep;
use sim::swarm::Kind;
use sim::{Fault, Random, Span, Swarm, When};

use super::{Entry, Setup};

/// The workload and the faults are over by then.
pub const BUSY_MS: u64 = 600;

/// The same, where it takes its time.
const SLOW_MS: u64 = 8_000;

/// Draws a change.
pub type Draws<C> = fn(&mut Random) -> C;

/// A schedule whose trouble is over when the workload is.
pub fn nodes<C>(nodes: usize, entries: Vec<Entry<C>>) -> Plan<Setup, Entry<C>> {
    Plan { setup: Setup { nodes, heal_ms: BUSY_MS }, entries }
}

/// A node by its number from zero.
pub fn n(index: usize) -> NodeId {
    NodeId::new(index)
}

/// Changes and a few readings, at different times for every node.
pub fn work<C>(draw: &mut Draw, count: usize, steps: usize, change: Draws<C>) -> Vec<Entry<C>> {
    work_until(BUSY_MS, draw, count, steps, change)
}

fn work_until<C>(busy_ms: u64, draw: &mut Draw, count: usize, steps: usize, change: Draws<C>) -> Vec<Entry<C>> {
    let step = |place| {
        let node = n(draw.random.random_range(0..count));
        let at_ms = 1 + place as u64 * (busy_ms - 100) / steps as u64;
        match draw.random.random_range(0..10) {
            0..2 => Entry::Read { node, at_ms },
            _ => Entry::Change { node, change: change(&mut draw.random), at_ms },
        }
    };
    (0..steps).map(step).collect()
}

/// Half of the nodes are cut off from the others most of the time.
pub fn cut_in_two<C>(draw: &mut Draw, change: Draws<C>) -> Plan<Setup, Entry<C>> {
    let count = draw.random.random_range(2..=4);
    let mut entries = work(draw, count, 14, change);
    let side = (0..count / 2).map(n).collect();
    entries.push(Entry::Fault(Fault::Split { side, span: Span::new(20, draw.random.random_range(300..BUSY_MS)) }));
    nodes(count, entries)
}

/// Everything that a network can do.
pub fn bad_network<C>(draw: &mut Draw, change: Draws<C>) -> Plan<Setup, Entry<C>> {
    let count = draw.random.random_range(2..=4);
    let mut entries = work(draw, count, 14, change);
    let swarm = Swarm::of(count, &Kind::NETWORK, BUSY_MS);
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
pub fn slow_trouble<C>(draw: &mut Draw, change: Draws<C>) -> Plan<Setup, Entry<C>> {
    let count = draw.random.random_range(2..=3);
    let mut schedule = nodes(count, work_until(SLOW_MS, draw, count, 14, change));
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
pub fn crashes<C>(draw: &mut Draw, change: Draws<C>) -> Plan<Setup, Entry<C>> {
    let count = draw.random.random_range(2..=3);
    let mut entries = work(draw, count, 12, change);
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

/// How many set pieces [`crash_piece`] has.
pub const CRASH_PIECES: u64 = 6;

/// A change, a crash about then, and two more changes by the same node.
pub fn crash_piece<C>(index: u64, [first, second, third]: [C; 3]) -> Plan<Setup, Entry<C>> {
    let when = match index {
        0 => When::At(40),
        1..4 => When::BeforeSync(index as u32),
        _ => When::AfterSync(index as u32 - 3),
    };
    let change = |change, at_ms| Entry::Change { node: n(0), change, at_ms };
    let crash = Fault::Crash { node: n(0), when, back_after_ms: Some(200), keep: Keep::Nothing };
    nodes(2, vec![change(first, 10), Entry::Fault(crash), change(second, 400), change(third, 410)])
}

/// How many set pieces [`forgotten_piece`] has.
pub const FORGOTTEN_PIECES: u64 = 4;

/// A change and a crash of which nobody can remind the node before its next changes: it is back at once, or it was cut off.
pub fn forgotten_piece<C>(index: u64, [first, second, third]: [C; 3]) -> Plan<Setup, Entry<C>> {
    let (when, back_after_ms, next_ms) = match index {
        0 => (When::At(40), 200, 400),
        _ => (When::BeforeSync(index as u32), 1, 12),
    };
    let change = |change, at_ms| Entry::Change { node: n(0), change, at_ms };
    let crash = Fault::Crash { node: n(0), when, back_after_ms: Some(back_after_ms), keep: Keep::Nothing };
    let mut entries =
        vec![change(first, 10), Entry::Fault(crash), change(second, next_ms), change(third, next_ms + 10)];
    if index == 0 {
        entries.push(Entry::Fault(Fault::Split { side: vec![n(0)], span: Span::new(0, 45) }));
    }
    nodes(2, entries)
}

/// Work without any trouble.
pub fn calm<C>(draw: &mut Draw, change: Draws<C>) -> Plan<Setup, Entry<C>> {
    let count = draw.random.random_range(2..=5);
    let entries = work(draw, count, 10, change);
    nodes(count, entries)
}
