//! Which schedules put each promise to the test.

use explore::Plan;
use harness::NodeId;
use harness::exercise::Draw;
use rand::RngExt;
use rand::seq::SliceRandom;
use sim::disk::Keep;
use sim::swarm::Kind;
use sim::{Fault, Span, Swarm, When};

use super::contract::{Aim, REPAIR_MS};
use super::world::{Entry, Setup};

type Schedule = Plan<Setup, Entry>;

/// How long there are messages to be watched after all was said.
pub const WATCH_MS: u64 = 2_000;

/// The values and the faults are over by then, in most schedules.
const BUSY_MS: u64 = 2_000;

fn n(index: usize) -> NodeId {
    NodeId::new(index)
}

/// Nodes that are asked `after_ms` after `quiet_ms`, when the last trouble is over and the last value was handed in.
fn nodes(draw: &Draw, nodes: usize, quiet_ms: u64, after_ms: u64, entries: Vec<Entry>) -> Schedule {
    let aim = if draw.index % 2 == 0 { Aim::Fast } else { Aim::Frugal };
    let ask_ms = quiet_ms + after_ms;
    let (heal_ms, idle_from_ms, too_many) = (quiet_ms, ask_ms, u64::MAX);
    Plan { setup: Setup { nodes, aim, latency_ms: None, heal_ms, ask_ms, idle_from_ms, too_many }, entries }
}

/// Values, handed in here and there until `until_ms`.
fn values(draw: &mut Draw, count: usize, values: u64, until_ms: u64) -> Vec<Entry> {
    let value = |place| Entry::Broadcast {
        node: n(draw.random.random_range(0..count)),
        at_ms: 1 + place * (until_ms - 1) / values + draw.random.random_range(0..until_ms / values),
    };
    (0..values).map(value).collect()
}

/// Nothing goes wrong.
pub fn calm(draw: &mut Draw) -> Schedule {
    let count = [2, 3, 25, 12, 5, 8, 23, 11][(draw.index % 8) as usize];
    let entries = values(draw, count, 6, BUSY_MS);
    nodes(draw, count, BUSY_MS, Aim::Frugal.reach_ms(), entries)
}

/// Everything that a network can do.
pub fn bad_network(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=7);
    let mut entries = values(draw, count, 8, BUSY_MS);
    let kinds = [Kind::Duplication, Kind::Delay, Kind::Loss, Kind::Split];
    entries.extend(Swarm::of(count, &kinds, BUSY_MS).draw(&mut draw.random).into_iter().map(Entry::Fault));
    if draw.index % 2 == 0 {
        entries.push(Entry::Fault(Fault::Duplicating { percent: 60, span: Span::new(0, BUSY_MS) }));
    }
    nodes(draw, count, BUSY_MS, REPAIR_MS, entries)
}

/// Some are cut off from the others for long, or messages are lost in one way or another; the last values come shortly before the
/// end of it.
pub fn cut_in_two(draw: &mut Draw) -> Schedule {
    if draw.index == 0 {
        return long_cut(draw);
    }
    let count = draw.random.random_range(3..=8);
    let mut entries = values(draw, count, 8, BUSY_MS);
    let mut all: Vec<NodeId> = (0..count).map(n).collect();
    all.shuffle(&mut draw.random);
    let mut side = all[..draw.random.random_range(1..=count / 2)].to_vec();
    side.sort_unstable();
    let span = Span::new(draw.random.random_range(0..1_000), BUSY_MS);
    match draw.index % 4 {
        0 | 1 => entries.push(Entry::Fault(Fault::Split { side, span })),
        2 => entries.push(Entry::Fault(Fault::Lossy { percent: 70, span })),
        _ => {
            let kinds = [&Kind::NETWORK[..], &[Kind::Pause]].concat();
            entries.extend(Swarm::of(count, &kinds, BUSY_MS).draw(&mut draw.random).into_iter().map(Entry::Fault));
        }
    }
    nodes(draw, count, BUSY_MS, REPAIR_MS, entries)
}

/// A node is handed a value while it is cut off for so long that whoever tries only so often has given up.
fn long_cut(draw: &mut Draw) -> Schedule {
    let until_ms = 12_000;
    let cut = Fault::Split { side: vec![n(0)], span: Span::new(100, until_ms) };
    let entries = vec![Entry::Broadcast { node: n(0), at_ms: 500 }, Entry::Fault(cut)];
    nodes(draw, 4, until_ms, REPAIR_MS, entries)
}

/// One of eight nodes crashes for good, each in another schedule; then the others are handed values.
pub fn one_is_gone(draw: &mut Draw) -> Schedule {
    let count = 8;
    let gone = n((draw.index % count as u64) as usize);
    let at_ms = draw.random.random_range(200..600);
    let when = When::At(at_ms);
    let crash = Fault::Crash { node: gone, when, back_after_ms: None, keep: Keep::Nothing };
    let mut entries = vec![Entry::Fault(crash)];
    for place in 0..7 {
        let node = n((gone.index() + 1 + place) % count);
        entries.push(Entry::Broadcast { node, at_ms: 700 + place as u64 * 150 });
    }
    nodes(draw, count, BUSY_MS, REPAIR_MS, entries)
}

/// Nodes crash, also between a delivery and what should have been safe before it, and come back.
pub fn crashes(draw: &mut Draw) -> Schedule {
    if draw.index < 5 {
        return set_piece(draw);
    }
    let count = draw.random.random_range(2..=5);
    let mut entries = values(draw, count, 8, BUSY_MS);
    for _ in 0..draw.random.random_range(1..=2) {
        let when = match draw.random.random_range(0..4) {
            0 => When::BeforeSync(draw.random.random_range(1..=3)),
            1 => When::AfterSync(draw.random.random_range(1..=3)),
            2 => When::BeforeOutput(draw.random.random_range(1..=6)),
            _ => When::At(draw.random.random_range(100..BUSY_MS)),
        };
        let keep = [Keep::Nothing, Keep::First(1), Keep::FirstThenTorn(0)][draw.random.random_range(0..3)];
        let back_after_ms = Some(draw.random.random_range(1..=500));
        let node = n(draw.random.random_range(0..count));
        entries.push(Entry::Fault(Fault::Crash { node, when, back_after_ms, keep }));
    }
    nodes(draw, count, BUSY_MS, REPAIR_MS, entries)
}

/// A value is handed in, and the node crashes before anybody has heard of it.
fn set_piece(draw: &mut Draw) -> Schedule {
    let when = match draw.index {
        0 => When::At(101),
        1 => When::BeforeSync(1),
        2 => When::AfterSync(1),
        // Its second value is the second time at most that it syncs for one.
        3 => When::BeforeSync(2),
        _ => When::BeforeSend(1),
    };
    let crash = Fault::Crash { node: n(0), when, back_after_ms: Some(300), keep: Keep::Nothing };
    let value = |node, at_ms| Entry::Broadcast { node: n(node), at_ms };
    nodes(draw, 3, BUSY_MS, REPAIR_MS, vec![value(0, 100), Entry::Fault(crash), value(0, 900), value(1, 200)])
}

/// Some trouble, one node is down for good at the end or not, and then nobody has anything to say.
pub fn all_is_said(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(3..=6);
    let mut entries = values(draw, count, 6, BUSY_MS);
    if draw.index % 2 == 0 {
        entries.push(Entry::Fault(Fault::Lossy { percent: 40, span: Span::new(0, BUSY_MS) }));
    }
    if draw.index % 3 == 0 {
        let (node, when) = (n(draw.random.random_range(0..count)), When::At(BUSY_MS - 300));
        entries.push(Entry::Fault(Fault::Crash { node, when, back_after_ms: None, keep: Keep::Nothing }));
    }
    let mut schedule = nodes(draw, count, BUSY_MS, REPAIR_MS + WATCH_MS, entries);
    schedule.setup.idle_from_ms = BUSY_MS + REPAIR_MS;
    schedule
}

/// 25 nodes, and a value every 20 ms.
fn flow(aim: Aim, draw: &mut Draw) -> Schedule {
    let count = 150;
    let setup = Setup {
        nodes: 25,
        aim,
        latency_ms: Some(100),
        heal_ms: u64::MAX / 2_000,
        ask_ms: 6_000,
        idle_from_ms: 6_000,
        too_many: aim.bounds().0 * count,
    };
    Plan { setup, entries: vec![Entry::Flow { count, every_ms: 20, seed: draw.random.random() }] }
}

/// The flow, with the first aim.
pub fn fast(draw: &mut Draw) -> Schedule {
    flow(Aim::Fast, draw)
}

/// The flow, with the second aim.
pub fn frugal(draw: &mut Draw) -> Schedule {
    flow(Aim::Frugal, draw)
}
