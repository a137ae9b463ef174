//! Which schedules put each promise to the test.

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;
use rand::seq::SliceRandom;
use sim::disk::Keep;
use sim::swarm::Kind;
use sim::{Fault, Span, Swarm, When};

use super::contract::DECISION_MS;
use super::pieces::{self, n, propose};
use super::world::{Entry, Setup};

type Schedule = Plan<Setup, Entry>;

/// All faults lie before it, in milliseconds.
const FAULTY_MS: u64 = 600;

/// Every message takes 1 to 10 ms.
const USUAL_US: (u64, u64) = (1_000, 10_000);

/// Enough time after the faults for what is to go wrong, in milliseconds.
const AFTERMATH_MS: u64 = 1_500;

fn schedule(nodes: usize, entries: Vec<Entry>) -> Schedule {
    let end_ms = FAULTY_MS + AFTERMATH_MS;
    Plan { setup: Setup { nodes, latency_us: USUAL_US, apart: false, heal_ms: FAULTY_MS, end_ms }, entries }
}

/// The same, until every request must have been answered.
fn patient(mut schedule: Schedule) -> Schedule {
    let last_ms = schedule.entries.iter().map(|entry| match entry {
        Entry::Propose { at_ms, .. } => *at_ms,
        _ => 0,
    });
    schedule.setup.end_ms = last_ms.max().unwrap_or(0).max(schedule.setup.heal_ms) + DECISION_MS;
    schedule
}

fn size(draw: &mut Draw) -> usize {
    draw.random.random_range(3..=5)
}

/// Up to `most` different nodes are asked, each for another value, the first at 10 ms and the others soon after.
fn rivals(draw: &mut Draw, nodes: usize, most: usize, within_ms: u64) -> Vec<Entry> {
    let mut order: Vec<usize> = (1..=nodes).collect();
    order.shuffle(&mut draw.random);
    order.truncate(draw.random.random_range(2..=most.min(nodes)));
    let mut at_ms = 10;
    let mut ask = |(place, node): (usize, usize)| {
        let entry = propose(node, 7 + place as u32, at_ms);
        at_ms += draw.random.random_range(0..=within_ms);
        entry
    };
    order.into_iter().enumerate().map(&mut ask).collect()
}

fn swarm(draw: &mut Draw, nodes: usize, kinds: &[Kind], until_ms: u64) -> impl Iterator<Item = Entry> + use<> {
    Swarm::of(nodes, kinds, until_ms).draw(&mut draw.random).into_iter().map(Entry::Fault)
}

/// Nodes are asked together, and some can't reach some others for a while.
pub fn rivalry(draw: &mut Draw) -> Schedule {
    match draw.index {
        0 => return pieces::two_accepted_values(3),
        1 => return pieces::handover(5),
        2 => return pieces::two_accepted_values(5),
        3 => return pieces::handover(3),
        _ => {}
    }
    let nodes = size(draw);
    let mut entries = rivals(draw, nodes, 4, 25);
    if draw.index.is_multiple_of(3) {
        entries.extend(swarm(draw, nodes, &[Kind::Split, Kind::OneWay, Kind::Flapping, Kind::Loss], 200));
    }
    schedule(nodes, entries)
}

/// Messages come late and more than once.
pub fn lateness(draw: &mut Draw) -> Schedule {
    match draw.index {
        0 => return pieces::late_accept(),
        1 => return pieces::an_answer_twice(),
        // Nobody knows how long a proposer waits before it begins again.
        2..=5 => return pieces::late_promise([120, 250, 400, 550][draw.index as usize - 2]),
        6..=9 => {
            let late_ms = [120, 180, 240, 300][draw.index as usize - 6];
            return pieces::old_acceptance(late_ms, late_ms + 40);
        }
        10 => return pieces::old_acceptance(0, 300),
        _ => {}
    }
    let nodes = size(draw);
    let mut entries = rivals(draw, nodes, 4, 40);
    entries.extend(swarm(draw, nodes, &[Kind::Delay, Kind::Duplication, Kind::Loss], 400));
    schedule(nodes, entries)
}

/// Nodes crash, one after another or all at once.
pub fn crashes(draw: &mut Draw) -> Schedule {
    match draw.index {
        0 => return pieces::power_cut(3),
        1 => return pieces::broken_promise(When::At(18)),
        2..=4 => return pieces::broken_promise(When::BeforeSync(draw.index as u32 - 1)),
        5..=7 => return pieces::broken_acceptance(draw.index as u32 - 3),
        8 => return pieces::a_ballot_used_twice(3),
        9 => return pieces::a_ballot_used_twice(5),
        10 => return pieces::promised_twice(When::At(18)),
        11 => return pieces::promised_twice(When::BeforeSync(1)),
        _ => {}
    }
    let nodes = size(draw);
    let mut entries = rivals(draw, nodes, 4, 80);
    if draw.random.random_bool(0.3) {
        let at_ms = draw.random.random_range(10..200);
        let keep = [Keep::Nothing, Keep::First(1), Keep::FirstThenTorn(0)][draw.random.random_range(0..3)];
        entries.push(Entry::PowerCut { at_ms, back_after_ms: draw.random.random_range(1..=40), keep });
    }
    entries.extend(swarm(draw, nodes, &[Kind::Crash], 200));
    schedule(nodes, entries)
}

/// Nodes are asked that can't reach a majority; now and then messages come twice.
pub fn minority(draw: &mut Draw) -> Schedule {
    let nodes = if draw.index < 3 { 5 - draw.index as usize } else { size(draw) };
    let count = draw.random.random_range(1..=nodes / 2);
    let count = if draw.index < 3 { nodes / 2 } else { count };
    let mut order: Vec<usize> = (1..=nodes).collect();
    order.shuffle(&mut draw.random);
    let mut side: Vec<_> = order[..count].iter().copied().map(n).collect();
    side.sort_unstable();
    let span = Span::new(0, FAULTY_MS);
    let mut entries = vec![Entry::Fault(Fault::Split { side, span }), propose(order[0], 7, 10)];
    if draw.random.random_bool(0.5) {
        entries.push(propose(order[count - 1], 8, draw.random.random_range(10..300)));
    }
    if draw.random.random_bool(0.3) {
        entries.push(propose(order[count], 9, draw.random.random_range(10..300)));
    }
    if draw.index.is_multiple_of(2) {
        let percent = draw.random.random_range(50..=99);
        entries.push(Entry::Fault(Fault::Duplicating { percent, span }));
    }
    schedule(nodes, entries)
}

/// All sorts of things go wrong, and a few nodes are asked.
pub fn trouble(draw: &mut Draw) -> Schedule {
    let nodes = size(draw);
    let mut entries = rivals(draw, nodes, 3, 100);
    if draw.index > 0 {
        let kinds = [Kind::Loss, Kind::Duplication, Kind::Delay, Kind::Split, Kind::Crash, Kind::Pause];
        entries.extend(swarm(draw, nodes, &kinds, FAULTY_MS / 2));
    }
    schedule(nodes, entries)
}

/// Messages are lost while nodes are asked, and then no more.
pub fn losses(draw: &mut Draw) -> Schedule {
    let nodes = size(draw);
    let mut entries = rivals(draw, nodes, 3, 200);
    if draw.index.is_multiple_of(2) {
        entries.truncate(1);
    }
    match draw.index {
        0 => entries.push(Entry::Fault(Fault::Lossy { percent: 100, span: Span::new(0, FAULTY_MS) })),
        1 => {
            let side = (1..=nodes / 2).map(n).collect();
            entries.push(Entry::Fault(Fault::Split { side, span: Span::new(0, FAULTY_MS) }));
        }
        _ => entries.extend(swarm(draw, nodes, &Kind::NETWORK, FAULTY_MS)),
    }
    patient(schedule(nodes, entries))
}

/// As many nodes are down for good as there may be.
pub fn survivors(draw: &mut Draw) -> Schedule {
    if draw.index == 1 {
        return patient(pieces::outbid_by_the_dead());
    }
    let nodes = size(draw);
    let mut order: Vec<usize> = (1..=nodes).collect();
    order.shuffle(&mut draw.random);
    let dead = (nodes - 1) / 2;
    let mut entries: Vec<Entry> = Vec::new();
    for node in &order[..dead] {
        let when = When::At(draw.random.random_range(1..=100));
        entries.push(Entry::Fault(Fault::Crash { node: n(*node), when, back_after_ms: None, keep: Keep::Nothing }));
    }
    for (place, node) in order[dead..].iter().take(draw.random.random_range(1..=2)).enumerate() {
        entries.push(propose(*node, 7 + place as u32, draw.random.random_range(10..=200)));
    }
    patient(schedule(nodes, entries))
}

/// Two nodes that stand side by side are asked at nearly the same time; each hears of the other before anybody else does.
pub fn duel(draw: &mut Draw) -> Schedule {
    if draw.index == 2 {
        return patient(pieces::twins());
    }
    let between_ms = [5, 18, 30, 12, 24, 36][draw.index as usize % 6] + draw.random.random_range(0..4);
    let entries = vec![propose(1, 7, 10), propose(2, 8, 10 + between_ms)];
    let setup = Setup { nodes: 5, latency_us: (1_000, 2_000), apart: true, heal_ms: 0, end_ms: 0 };
    patient(Plan { setup, entries })
}

/// Some nodes don't hear of the decision; once all is calm, somebody is asked who may know it already.
pub fn stragglers(draw: &mut Draw) -> Schedule {
    let nodes = size(draw);
    let mut entries = rivals(draw, nodes, 2, 100);
    let Entry::Propose { node: first, .. } = entries[0] else { unreachable!("rivals are requests") };
    if draw.index.is_multiple_of(2) {
        entries.truncate(1);
        let mut others: Vec<_> = (1..=nodes).map(n).filter(|node| *node != first).collect();
        others.shuffle(&mut draw.random);
        others.truncate((nodes - 1) / 2);
        others.sort_unstable();
        entries.push(Entry::Fault(Fault::Split { side: others, span: Span::new(0, FAULTY_MS) }));
    } else {
        let kinds = [Kind::Loss, Kind::Split, Kind::OneWay, Kind::Crash, Kind::Pause];
        entries.extend(swarm(draw, nodes, &kinds, FAULTY_MS));
    }
    let asked = if draw.random.random_bool(0.5) { first.index() + 1 } else { draw.random.random_range(1..=nodes) };
    entries.push(propose(asked, 20, FAULTY_MS + draw.random.random_range(1..=300)));
    patient(schedule(nodes, entries))
}
