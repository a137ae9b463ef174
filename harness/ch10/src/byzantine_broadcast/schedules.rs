//! Which schedules put each promise to the test.

use explore::Plan;
use harness::NodeId;
use harness::exercise::Draw;
use rand::RngExt;
use rand::seq::SliceRandom;
use sim::Swarm;
use sim::swarm::Kind;

use super::contract::{Broadcast, Value};
use super::lies::{Claim, Lie};
use super::pieces::{self, ask, n, setup};
use super::world::{Entry, Setup};

type Schedule = Plan<Setup, Entry>;

/// Every message takes 1 to 10 ms.
const USUAL_US: (u64, u64) = (1_000, 10_000);

/// All faults are over then, in milliseconds.
const FAULTY_MS: u64 = 400;

/// What was late has come in by then, in milliseconds: nothing is later than half of [`FAULTY_MS`], and a second copy not
/// later than that once more.
const CALM_MS: u64 = 2 * FAULTY_MS + 50;

/// Four nodes, or later, now and then, seven.
fn size(draw: &mut Draw) -> Setup {
    setup(if draw.index > 3 && draw.random.random_bool(0.3) { 2 } else { 1 }, USUAL_US)
}

fn correct(setup: &Setup) -> Vec<NodeId> {
    setup.correct().collect()
}

/// Links and nodes are slow, and messages come twice. Nothing is lost.
fn slowness(draw: &mut Draw, setup: &mut Setup) -> Vec<Entry> {
    (setup.heal_ms, setup.calm_ms) = (FAULTY_MS, CALM_MS);
    let kinds = [Kind::Delay, Kind::Duplication, Kind::Pause, Kind::SlowNode];
    let faults = Swarm::of(setup.nodes, &kinds, FAULTY_MS).draw(&mut draw.random);
    faults.into_iter().map(Entry::Fault).collect()
}

/// Correct nodes are asked, each once.
fn requests(draw: &mut Draw, setup: &Setup, most: usize) -> Vec<Entry> {
    let mut nodes: Vec<usize> = (1..=correct(setup).len()).collect();
    nodes.shuffle(&mut draw.random);
    nodes.truncate(draw.random.random_range(1..=most));
    (10..).zip(nodes).map(|(value, node)| ask(node, 1, value, draw.random.random_range(10..100))).collect()
}

/// Some of these, at least one, in order.
fn some<T: Clone>(all: &[T], draw: &mut Draw) -> Vec<T> {
    let mut order: Vec<usize> = (0..all.len()).collect();
    order.shuffle(&mut draw.random);
    order.truncate(draw.random.random_range(1..=all.len()));
    order.sort_unstable();
    order.into_iter().map(|place| all[place].clone()).collect()
}

/// Lies about the first broadcast of `origin`, at random: two values, any claims, to anybody.
fn lies(draw: &mut Draw, setup: &Setup, origin: NodeId, most: usize) -> Vec<Entry> {
    let liars: Vec<NodeId> = (0..setup.nodes).map(NodeId::new).filter(|node| setup.is_liar(*node)).collect();
    let broadcast = Broadcast { origin, number: 1 };
    let count = draw.random.random_range(2..=most);
    let mut one = |_| {
        let late = draw.random.random_bool(0.1);
        Entry::Lie(Lie {
            liars: some(&liars, draw),
            to: some(&correct(setup), draw),
            claims: some(&Claim::ALL, draw),
            broadcast,
            value: Value([7, 8][draw.random.random_range(0..2)]),
            times: if draw.random.random_bool(0.2) { 2 } else { 1 },
            at_ms: draw.random.random_range(10..if late { 400 } else { 40 }),
        })
    };
    (0..count).map(&mut one).collect()
}

/// A liar broadcasts, in its own way.
fn equivocation(draw: &mut Draw, slow: bool) -> Schedule {
    let mut setup = size(draw);
    let liar = NodeId::new(setup.nodes - 1);
    let mut entries = lies(draw, &setup, liar, 8);
    if slow {
        entries.extend(slowness(draw, &mut setup));
    }
    Plan { setup, entries }
}

/// Correct nodes broadcast, some of them more than once, on slow links. Nobody lies.
pub fn honesty(draw: &mut Draw) -> Schedule {
    let mut setup = Setup { liars: 0, ..size(draw) };
    let mut entries = requests(draw, &setup, 3);
    let Entry::Ask { node, .. } = entries[0] else { unreachable!("requests are requests") };
    for number in 2..=draw.random.random_range(1..=3) {
        // The same value as before is another broadcast, too.
        let value = if draw.random.random_bool(0.5) { 10 } else { 20 + number };
        entries.push(ask(node.index() + 1, number, value, draw.random.random_range(10..100)));
    }
    if draw.index > 1 {
        entries.extend(slowness(draw, &mut setup));
    }
    Plan { setup, entries }
}

/// As many nodes are silent as may lie.
pub fn silence(draw: &mut Draw) -> Schedule {
    let setup = size(draw);
    let entries = requests(draw, &setup, 3);
    Plan { setup, entries }
}

/// Liars tell different nodes different things.
pub fn two_faces(draw: &mut Draw) -> Schedule {
    let mut schedule = match draw.index {
        0..=2 => pieces::two_faces(&Claim::ALL[..=draw.index as usize]),
        3 => pieces::two_faces_of_two(),
        4 => pieces::second_thoughts(),
        _ => equivocation(draw, draw.index.is_multiple_of(3)),
    };
    schedule.setup.ends_in_conflict = true;
    schedule
}

/// Liars convince some, and leave others in the dark.
pub fn half_truths(draw: &mut Draw) -> Schedule {
    match draw.index {
        0 => pieces::one_is_left_out(),
        1 => pieces::one_is_convinced(),
        2 => pieces::one_ready_too_few(),
        3 => pieces::ready_for_two(1),
        4 => pieces::ready_for_two(2),
        5 => pieces::ready_for_two_of_seven(),
        6 | 7 => pieces::some_ready_of_seven(draw.index as usize - 4),
        _ => equivocation(draw, draw.index.is_multiple_of(3)),
    }
}

/// Liars speak of what a correct node broadcasts, or does not broadcast.
pub fn false_names(draw: &mut Draw) -> Schedule {
    if let Some(claim) = Claim::ALL.get(draw.index as usize) {
        return pieces::false_name(*claim, 1);
    }
    if let Some(claim) = Claim::ALL.get(draw.index as usize - 3) {
        return pieces::false_name(*claim, 2);
    }
    match draw.index {
        6 | 7 => return pieces::false_names(Claim::Ready, draw.index as u32 - 5),
        8 => return pieces::nobodys_name(),
        9 => return pieces::a_number_more(),
        _ => {}
    }
    let mut setup = size(draw);
    let origin = draw.random.random_range(1..=correct(&setup).len());
    let mut entries = lies(draw, &setup, n(origin), 6);
    if draw.random.random_bool(0.5) {
        entries.push(ask(origin, 1, 9, draw.random.random_range(1..80)));
    }
    if draw.index.is_multiple_of(3) {
        entries.extend(slowness(draw, &mut setup));
    }
    Plan { setup, entries }
}

/// More messages come than are needed.
pub fn repetition(draw: &mut Draw) -> Schedule {
    if draw.index == 0 {
        return pieces::too_much_support();
    }
    let mut setup = size(draw);
    let mut entries = requests(draw, &setup, 2);
    let Entry::Ask { node, .. } = entries[0] else { unreachable!("requests come first") };
    entries.extend(lies(draw, &setup, node, 4));
    entries.extend(slowness(draw, &mut setup));
    Plan { setup, entries }
}

/// Liars try to make correct nodes vote more than once; the network repeats nothing.
pub fn temptation(draw: &mut Draw) -> Schedule {
    match draw.index {
        0 => pieces::second_thoughts(),
        1 => pieces::too_much_support(),
        _ => {
            let mut schedule = equivocation(draw, false);
            schedule.entries.extend(requests(draw, &schedule.setup, 2));
            schedule
        }
    }
}
