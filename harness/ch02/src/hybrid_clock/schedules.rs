//! Which schedules put each promise to the test.

use explore::Plan;
use harness::NodeId;
use harness::exercise::Draw;
use rand::RngExt;
use sim::swarm::Kind;
use sim::{Fault, Span, Swarm};

use super::contract::Config;
use super::world::Setup;
use crate::traffic::{self, BUSY_MS, Step};

type Schedule = Plan<Setup, Step>;

/// Clocks that are off by no more than this are believed by all.
const HONEST_MS: i64 = 200;

const CONFIG: Config = Config { max_ahead_ms: 500 };

fn nodes(nodes: usize, entries: Vec<Step>) -> Schedule {
    Plan { setup: Setup { nodes, config: CONFIG, sorts: false }, entries }
}

fn n(index: usize) -> NodeId {
    NodeId::new(index)
}

/// Clocks that are off, each by another amount, and go on evenly.
fn offsets(draw: &mut Draw, count: usize) -> Vec<Step> {
    let offset = |node| Fault::Offset { node: n(node), by_ms: draw.random.random_range(-HONEST_MS..=HONEST_MS) };
    (0..count).map(offset).map(Step::Fault).collect()
}

/// Only the clocks are off, and messages may arrive twice.
pub fn calm(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=4);
    let mut steps = traffic::calm_steps(draw, count, 14);
    steps.extend(offsets(draw, count));
    nodes(count, steps)
}

/// Clocks are off, and messages are lost, late, doubled and out of order.
pub fn troubled(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=5);
    let mut steps = traffic::troubled_steps(draw, count, 20);
    steps.extend(offsets(draw, count));
    nodes(count, steps)
}

/// Clocks stand still and jump.
pub fn bad_clocks(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=4);
    let mut steps = traffic::steps(draw, count, 20);
    let swarm = Swarm { clock_error_ms: HONEST_MS, ..Swarm::of(count, &[Kind::Clock], BUSY_MS) };
    steps.extend(swarm.draw(&mut draw.random).into_iter().map(Step::Fault));
    // At least one goes back in the midst of it all.
    let (at_ms, by_ms) = (draw.random.random_range(50..BUSY_MS - 50), -draw.random.random_range(20..HONEST_MS));
    steps.push(Step::Fault(Fault::Jump { node: n(0), at_ms, by_ms }));
    nodes(count, steps)
}

/// Trouble with messages or with clocks, of which one may leap ahead by a minute.
pub fn troubled_or_leaping(draw: &mut Draw) -> Schedule {
    if draw.index % 3 < 2 {
        return troubled(draw);
    }
    let mut schedule = bad_clocks(draw);
    let at_ms = draw.random.random_range(50..BUSY_MS - 50);
    schedule.entries.push(Step::Fault(Fault::Jump { node: n(0), at_ms, by_ms: 60_000 }));
    // All of it is believed; what is not is another promise's business.
    schedule.setup.config.max_ahead_ms = 120_000;
    schedule
}

/// More events within a millisecond than a count can count, while the clock stands still.
pub fn bursts(draw: &mut Draw) -> Schedule {
    if draw.index % 3 == 1 {
        return about_full(draw);
    }
    let count = draw.random.random_range(2..=3);
    let mut steps = traffic::steps(draw, count, 6);
    let at_ms = draw.random.random_range(50..BUSY_MS);
    steps.push(Step::Burst { node: n(0), first: 1000, count: draw.random.random_range(257..=600), at_ms });
    steps.push(Step::Fault(Fault::Freeze { node: n(0), span: Span::new(at_ms / 2, BUSY_MS) }));
    nodes(count, steps)
}

/// A count gets full just when its node sends messages to one whose clock is behind.
fn about_full(draw: &mut Draw) -> Schedule {
    // Each of these is at most one more event at the first node; then one of its messages has the count that is full.
    let mut steps = traffic::steps(draw, 2, 4);
    let at_ms = draw.random.random_range(50..BUSY_MS);
    steps.push(Step::Burst { node: n(0), first: 1000, count: draw.random.random_range(248..=251), at_ms });
    steps.extend((0..8).map(|more| Step::Tell { from: n(0), to: n(1), number: 100 + more, at_ms }));
    steps.push(Step::Fault(Fault::Freeze { node: n(0), span: Span::new(at_ms / 2, BUSY_MS) }));
    steps.push(Step::Fault(Fault::Offset { node: n(1), by_ms: -HONEST_MS }));
    nodes(2, steps)
}

/// A node lives in the future: sometimes just within what is believed, sometimes just beyond, sometimes far.
pub fn from_the_future(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=4);
    let mut steps = traffic::steps(draw, count, 20);
    let limit_ms: i64 = draw.random.random_range(250..=1500);
    let by_ms = match draw.index % 4 {
        0 => draw.random.random_range(limit_ms * 2..100_000),
        1 => limit_ms + draw.random.random_range(0..20),
        2 => limit_ms - draw.random.random_range(0..20),
        _ => limit_ms + draw.random.random_range(50..200),
    };
    steps.push(Step::Fault(Fault::Offset { node: n(count - 1), by_ms }));
    match draw.index % 4 {
        // Where the clock stands still, a refusal that counts as an event shows.
        0 => steps.push(Step::Fault(Fault::Freeze { node: n(0), span: Span::new(0, BUSY_MS) })),
        // Somebody who is just about believed, half-way to somebody who is not.
        3 if count > 2 => steps.push(Step::Fault(Fault::Offset { node: n(1), by_ms: limit_ms - 20 })),
        _ => {}
    }
    let mut schedule = nodes(count, steps);
    schedule.setup.config.max_ahead_ms = limit_ms.unsigned_abs();
    schedule
}

/// Nodes crash, and clocks go back.
pub fn crashes(draw: &mut Draw) -> Schedule {
    let (count, mut steps) = traffic::crashing_steps(draw);
    // So that what a node has given before its crash is ahead of its clock afterwards.
    let node = n(if draw.index.is_multiple_of(2) { 0 } else { draw.random.random_range(0..count) });
    let (at_ms, by_ms) = (draw.random.random_range(25..60), -HONEST_MS);
    steps.push(Step::Fault(Fault::Jump { node, at_ms, by_ms }));
    nodes(count, steps)
}

/// There are stamps to be sorted at the end.
pub fn to_be_sorted(draw: &mut Draw) -> Schedule {
    let mut schedule = calm(draw);
    schedule.setup.sorts = true;
    schedule
}
