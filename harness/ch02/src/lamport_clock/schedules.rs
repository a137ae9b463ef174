//! Which schedules put each promise to the test.

use explore::Plan;
use harness::NodeId;
use harness::exercise::Draw;
use rand::RngExt;
use sim::disk::Keep;
use sim::swarm::Kind;
use sim::{Fault, Swarm, When};

use super::world::{Entry, Setup};

type Schedule = Plan<Setup, Entry>;

/// The workload is over by then, and so are the faults.
const BUSY_MS: u64 = 200;

fn nodes(count: usize, entries: Vec<Entry>) -> Schedule {
    Plan { setup: Setup { nodes: count, sorts: false }, entries }
}

fn n(index: usize) -> NodeId {
    NodeId::new(index)
}

/// Events and messages among `count` nodes, at random.
fn traffic(draw: &mut Draw, count: usize, events: u32) -> Vec<Entry> {
    let event = |number| {
        let from = draw.random.random_range(0..count);
        let at_ms = draw.random.random_range(1..BUSY_MS);
        if draw.random.random_bool(0.3) {
            Entry::Happen { node: n(from), number, at_ms }
        } else {
            let to = (from + draw.random.random_range(1..count)) % count;
            Entry::Tell { from: n(from), to: n(to), number, at_ms }
        }
    };
    let mut entries: Vec<Entry> = (1..=events).map(event).collect();
    entries.sort_by_key(|entry| match entry {
        Entry::Happen { at_ms, .. } | Entry::Tell { at_ms, .. } => *at_ms,
        Entry::Fault(_) => 0,
    });
    entries
}

/// Nothing goes wrong.
pub fn calm(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=4);
    nodes(count, traffic(draw, count, 12))
}

/// Messages are lost, late, doubled and out of order.
pub fn troubled(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=5);
    let mut entries = traffic(draw, count, 20);
    let swarm = Swarm::of(count, &[Kind::Loss, Kind::Duplication, Kind::Delay, Kind::OneWay], BUSY_MS);
    entries.extend(swarm.draw(&mut draw.random).into_iter().map(Entry::Fault));
    nodes(count, entries)
}

/// How many set pieces there are.
const SET_PIECES: u64 = 8;

/// A node is told something, has an event of its own, crashes about then, and has another one.
fn set_piece(index: u64) -> Schedule {
    // Somebody may sync while booting, so the sync that matters is not always the first.
    let nth = index as u32 / 2 + 1;
    let when = [When::BeforeSync(nth), When::At(30)][index as usize % 2];
    let fault = Fault::Crash { node: n(0), when, back_after_ms: Some(10), keep: Keep::Nothing };
    let tell = Entry::Tell { from: n(1), to: n(0), number: 1, at_ms: 1 };
    let happen = |number, at_ms| Entry::Happen { node: n(0), number, at_ms };
    let before = if index < 4 { happen(2, 20) } else { tell };
    nodes(2, vec![before, Entry::Fault(fault), happen(3, 100)])
}

/// Nodes crash between events, and between an answer and what should have been safe before it.
pub fn crashes(draw: &mut Draw) -> Schedule {
    if draw.index < SET_PIECES {
        return set_piece(draw.index);
    }
    let count = draw.random.random_range(2..=3);
    let mut entries = traffic(draw, count, 16);
    for _ in 0..draw.random.random_range(1..=3) {
        let when = match draw.random.random_range(0..3) {
            0 => When::At(draw.random.random_range(50..BUSY_MS)),
            1 => When::BeforeSync(draw.random.random_range(1..=8)),
            _ => When::AfterSync(draw.random.random_range(1..=8)),
        };
        let keep = if draw.random.random_bool(0.7) { Keep::Nothing } else { Keep::FirstThenTorn(0) };
        let node = n(draw.random.random_range(0..count));
        let back_after_ms = Some(draw.random.random_range(1..=20));
        entries.push(Entry::Fault(Fault::Crash { node, when, back_after_ms, keep }));
    }
    nodes(count, entries)
}

/// Many events of equal times, to be sorted at the end.
pub fn ties(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=4);
    let mut schedule = nodes(count, traffic(draw, count, 10));
    schedule.setup.sorts = true;
    schedule
}
