//! Which schedules put each promise to the test.
//!
//! Most promises have set pieces: the shortest story in which a classic bug shows, played by one node or another. On their
//! network every message takes [`HOP_MS`], so that a cut at the right time separates the steps of most protocols. Where a
//! design takes other steps, `every_history_is_linearizable` finds what they miss: its schedules are drawn.

use explore::Plan;
use harness::NodeId;
use harness::exercise::Draw;
use rand::RngExt;
use rand::seq::SliceRandom;
use sim::disk::Keep;
use sim::swarm::Kind;
use sim::{Fault, Span, Swarm, When};

use super::contract::{Operation, PROMPT_MS};
use super::world::{Call, Entry, Setup, Turn};

type Schedule = Plan<Setup, Entry>;

/// How long a message takes in a set piece.
const HOP_MS: u64 = 5;

/// When the faults of most schedules end.
const HEAL_MS: u64 = 700;

/// When these schedules end.
const END_MS: u64 = 1_200;

const EVERYTHING: [Kind; 9] = [
    Kind::Loss,
    Kind::Duplication,
    Kind::Delay,
    Kind::Split,
    Kind::OneWay,
    Kind::Flapping,
    Kind::Crash,
    Kind::Pause,
    Kind::SlowNode,
];

/// `n(1)` is n1.
fn n(number: usize) -> NodeId {
    NodeId::new(number - 1)
}

fn read(client: u16, node: usize, at_ms: u64) -> Call {
    Call { client, node: n(node), at_ms, operation: Operation::Read }
}

/// The client writes its own number.
fn write(client: u16, node: usize, at_ms: u64) -> Call {
    Call { client, node: n(node), at_ms, operation: Operation::Write(u32::from(client)) }
}

fn split(side: &[usize], from_ms: u64, until_ms: u64) -> Fault {
    Fault::Split { side: side.iter().copied().map(n).collect(), span: Span::new(from_ms, until_ms) }
}

fn one_way(from: &[usize], to: &[usize], from_ms: u64, until_ms: u64) -> Fault {
    let nodes = |numbers: &[usize]| numbers.iter().copied().map(n).collect();
    Fault::OneWay { from: nodes(from), to: nodes(to), span: Span::new(from_ms, until_ms) }
}

/// What is sent from `from_ms` on and within two hops is late.
fn late(from: usize, to: usize, by_ms: u64, from_ms: u64) -> Fault {
    Fault::SlowLink { from: n(from), to: n(to), by_ms, span: Span::new(from_ms, from_ms + 2 * HOP_MS) }
}

/// Who plays which part in a set piece: the first time the nodes in order, later any.
struct Cast {
    nodes: usize,
    /// The numbers of the nodes.
    n: Vec<usize>,
}

/// A cast of one of these sizes, each in its turn.
fn cast(draw: &mut Draw, sizes: &[usize]) -> Cast {
    let nodes = sizes[draw.index as usize / 2 % sizes.len()];
    let mut n: Vec<usize> = (1..=nodes).collect();
    if draw.index > 8 {
        n.shuffle(&mut draw.random);
    }
    Cast { nodes, n }
}

fn crash(node: usize, when: When) -> Fault {
    Fault::Crash { node: n(node), when, back_after_ms: Some(10), keep: Keep::Nothing }
}

fn setup(nodes: usize, clients: u16) -> Setup {
    Setup { nodes, clients, latency_us: (1_000, 10_000), heal_ms: HEAL_MS, end_ms: END_MS, able_ms: None }
}

fn piece(nodes: usize, calls: &[Call], faults: Vec<Fault>) -> Schedule {
    let clients = calls.iter().map(|call| call.client).max().unwrap_or(0);
    let latency_us = (HOP_MS * 1_000, HOP_MS * 1_000);
    let calls = vec![Entry::Calls(calls.to_vec())];
    with_faults(Setup { latency_us, ..setup(nodes, clients) }, calls, faults)
}

/// `count` requests at any time before `until_ms`, of any of the clients at any of the nodes, an entry each.
fn scattered(draw: &mut Draw, nodes: usize, clients: u16, count: u32, until_ms: u64) -> Vec<Entry> {
    let random = &mut draw.random;
    let mut times: Vec<u64> = (0..count).map(|_| random.random_range(1..until_ms)).collect();
    times.sort_unstable();
    let mut call = |(at_ms, value)| {
        let client = random.random_range(1..=clients);
        let operation = if random.random_bool(0.4) { Operation::Write(value) } else { Operation::Read };
        let node = n(random.random_range(1..=nodes));
        Entry::Calls(vec![Call { client, node, at_ms, operation }])
    };
    times.into_iter().zip(1..).map(&mut call).collect()
}

fn with_faults(setup: Setup, mut entries: Vec<Entry>, faults: Vec<Fault>) -> Schedule {
    entries.extend(faults.into_iter().map(Entry::Fault));
    Plan { setup, entries }
}

/// `count` requests of a client, one after another, each at another node.
fn in_turn(draw: &mut Draw, nodes: usize, client: u16, count: u32, from_ms: u64) -> Vec<Entry> {
    let first = draw.random.random_range(0..nodes);
    let turn = |number: u32| {
        let node = n((first + number as usize) % nodes + 1);
        let value = u32::from(client) * 100 + number;
        let operation = if draw.random.random_bool(0.5) { Operation::Write(value) } else { Operation::Read };
        Entry::Turn(Turn { client, node, from_ms, operation })
    };
    (1..=count).map(turn).collect()
}

/// One more client reads at one node after the other, from `from_ms` on.
fn with_readings(mut schedule: Schedule, from_ms: u64) -> Schedule {
    let Setup { nodes, clients, .. } = &mut schedule.setup;
    *clients += 1;
    let turn = |number| Turn { client: *clients, node: n(number), from_ms, operation: Operation::Read };
    schedule.entries.extend((1..=*nodes).chain([1]).map(|number| Entry::Turn(turn(number))));
    schedule
}

/// Between three and five, or one of these.
fn some_nodes(draw: &mut Draw) -> usize {
    draw.random.random_range(3..=5)
}

/// Nothing goes wrong; one client asks another node each time.
pub fn one_after_another(draw: &mut Draw) -> Schedule {
    let nodes = some_nodes(draw);
    with_faults(setup(nodes, 1), in_turn(draw, nodes, 1, 20, 1), Vec::new())
}

/// Nothing goes wrong; several clients write at the same time, at several nodes or at one.
pub fn at_the_same_time(draw: &mut Draw) -> Schedule {
    let second = if draw.index.is_multiple_of(2) { 2 } else { 1 };
    let Cast { nodes, n } = cast(draw, &[3, 4, 5]);
    let mut schedule = piece(nodes, &[write(1, n[0], 20), write(2, n[second - 1], 20)], Vec::new());
    schedule.setup.latency_us = (1_000, 10_000);
    with_readings(schedule, 60)
}

/// A node that missed some writes is asked to write.
pub fn behind(draw: &mut Draw) -> Schedule {
    let Cast { nodes, n } = cast(draw, &[3, 4, 5]);
    let calls = [write(1, n[0], 20), write(2, n[0], 60), write(3, n[1], 150), read(4, n[2], 200)];
    piece(nodes, &calls, vec![split(&[n[1]], 0, 100)])
}

/// A write reaches two replicas of five. One reader finds it, and the next asks others.
pub fn half_written(draw: &mut Draw) -> Schedule {
    let Cast { n, .. } = cast(draw, &[5]);
    let first = n[1 + draw.index as usize % 2];
    let calls = [write(1, n[0], 20), read(2, first, 100), read(3, n[4], 200)];
    let half = one_way(&[n[0]], &n[2..], 20 + HOP_MS, HEAL_MS);
    piece(5, &calls, vec![half, split(&[n[1]], 150, HEAL_MS)])
}

/// A write arrives at a replica that has taken over a later one since.
pub fn overtaken(draw: &mut Draw) -> Schedule {
    let Cast { n, .. } = cast(draw, &[3]);
    let calls = [write(1, n[0], 20), write(2, n[0], 60), read(3, n[1], 500)];
    let faults = vec![late(n[0], n[2], 300, 20 + HOP_MS), split(&[n[1]], 55, 120), split(&[n[0]], 400, HEAL_MS)];
    piece(3, &calls, faults)
}

/// The network is cut in two, with clients on both sides.
pub fn two_sides(draw: &mut Draw) -> Schedule {
    let Cast { nodes, n } = cast(draw, &[4, 3, 5, 6]);
    let last = n[nodes - 1];
    let calls = [write(1, n[0], 20), read(2, last, 200), read(3, last, HEAL_MS + 200)];
    piece(nodes, &calls, vec![split(&n[..nodes / 2], 0, HEAL_MS)])
}

/// Answers come twice where there are too few of them.
pub fn echoes(draw: &mut Draw) -> Schedule {
    let Cast { n, .. } = cast(draw, &[5]);
    let calls = [write(1, n[0], 20), read(2, n[4], 200), read(3, n[0], HEAL_MS + 200)];
    let twice = Fault::Duplicating { percent: 100, span: Span::new(0, HEAL_MS) };
    piece(5, &calls, vec![split(&n[..2], 20 + HOP_MS, HEAL_MS), twice])
}

/// Answers come when another question is open.
pub fn late_answers(draw: &mut Draw) -> Schedule {
    if draw.index.is_multiple_of(2) {
        // The answers to the first question come in time, and nobody hears the second.
        let Cast { nodes, n } = cast(draw, &[5, 3]);
        let cut = one_way(&n[..1], &n[1..], 20 + HOP_MS, HEAL_MS);
        return piece(
            nodes,
            &[write(1, n[0], 20), read(2, n[nodes - 1], 200), read(3, n[0], HEAL_MS + 200)],
            vec![cut],
        );
    }
    // An answer is under way while the node that has asked crashes, misses a write, and asks again.
    let Cast { n, .. } = cast(draw, &[3]);
    let calls = [read(1, n[0], 20), write(2, n[1], 80), read(3, n[0], 220)];
    let faults =
        vec![late(n[1], n[0], 195, 20 + HOP_MS), crash(n[0], When::At(50)), one_way(&n[1..], &n[..1], 70, 150)];
    piece(3, &calls, faults)
}

/// Replicas crash after they have acknowledged, or in the middle of it.
pub fn crashes(draw: &mut Draw) -> Schedule {
    let whens = [When::At(60), When::BeforeSync(1), When::BeforeSync(2), When::BeforeSync(3)];
    let kind = draw.index as usize % 9;
    let Cast { n, .. } = cast(draw, &[3]);
    let calls = [write(1, n[0], 20), read(2, n[2], 200)];
    if kind == 8 {
        return piece(3, &calls, n.iter().map(|node| crash(*node, When::At(60))).collect());
    }
    // Another replica may forget, or the node that was asked.
    let (forgets, stays) = if kind < 4 { (n[1], n[0]) } else { (n[0], n[1]) };
    let faults = vec![split(&n[2..], 0, 50), crash(forgets, whens[kind % 4]), split(&[stays], 100, HEAL_MS)];
    piece(3, &calls, faults)
}

/// Writes are interrupted, go on or are forgotten while others write.
pub fn interrupted(draw: &mut Draw) -> Schedule {
    let kind = draw.index as u32 % 6;
    let Cast { n, .. } = cast(draw, &[3]);
    if kind == 0 {
        let calls = [write(1, n[0], 20), read(2, n[1], 50), write(3, n[1], 100), read(4, n[2], 500)];
        return piece(3, &calls, vec![one_way(&n[1..], &n[..1], 20 + 2 * HOP_MS + 2, 200)]);
    }
    let calls = [write(1, n[0], 20), write(2, n[0], 80), read(3, n[1], 200), read(4, n[2], 250)];
    piece(3, &calls, vec![crash(n[0], When::BeforeSend(kind + 1)), split(&[n[1]], 45, 150)])
}

/// Whatever can go wrong.
pub fn anything(draw: &mut Draw) -> Schedule {
    let nodes = some_nodes(draw);
    let faults = Swarm { most: 8, ..Swarm::of(nodes, &EVERYTHING, HEAL_MS) }.draw(&mut draw.random);
    let calls = scattered(draw, nodes, 4, 40, HEAL_MS);
    with_readings(with_faults(setup(nodes, 4), calls, faults), HEAL_MS + 50)
}

/// Messages are doubled and lost, and requests come in crowds.
pub fn crowds(draw: &mut Draw) -> Schedule {
    let nodes = some_nodes(draw);
    let kinds = [Kind::Duplication, Kind::Delay, Kind::Loss, Kind::Crash];
    let mut faults = Swarm::of(nodes, &kinds, HEAL_MS).draw(&mut draw.random);
    faults.push(Fault::Duplicating { percent: 30, span: Span::new(0, HEAL_MS) });
    let calls = scattered(draw, nodes, 6, 24, 200);
    with_faults(setup(nodes, 6), calls, faults)
}

/// A schedule in which every request to a node that lives must be answered, from `able_ms` on.
fn able_from(schedule: Schedule, able_ms: u64) -> Schedule {
    let heal_ms = schedule.setup.heal_ms.max(able_ms);
    let asked_ms = if able_ms == 0 { HEAL_MS } else { able_ms };
    let end_ms = asked_ms + PROMPT_MS + 300;
    Plan { setup: Setup { able_ms: Some(able_ms), heal_ms, end_ms, ..schedule.setup }, ..schedule }
}

fn dead(node: usize) -> Fault {
    Fault::Crash { node: n(node), when: When::At(0), back_after_ms: None, keep: Keep::Nothing }
}

/// A minority is missing, or for some time a majority.
pub fn missing(draw: &mut Draw) -> Schedule {
    let calls = [write(1, 1, 50), read(2, 2, 100), read(3, 2, 101)];
    let forever = END_MS + PROMPT_MS;
    match draw.index {
        0 => able_from(piece(5, &calls, vec![dead(4), dead(5)]), 0),
        1 => {
            let mut schedule = able_from(piece(3, &calls, vec![split(&[3], 0, forever)]), 0);
            schedule.setup.heal_ms = forever;
            schedule
        }
        2 => able_from(piece(3, &calls, vec![split(&[1], 0, 3_000)]), 3_000),
        3 => able_from(piece(3, &calls, vec![dead(3), split(&[1], 52, 400)]), 400),
        4 => able_from(piece(3, &calls, vec![dead(3), split(&[1], 62, 400)]), 400),
        _ => {
            let nodes = some_nodes(draw);
            let minority = (nodes - 1) / 2;
            let dying = draw.random.random_range(0..=minority);
            let mut faults: Vec<Fault> = (0..dying).map(|gone| dead(nodes - gone)).collect();
            let alive = nodes - dying;
            let swarm = Swarm { most: 6, ..Swarm::of(alive, &EVERYTHING, HEAL_MS) };
            faults.extend(swarm.draw(&mut draw.random));
            let calls = scattered(draw, nodes, 4, 12, HEAL_MS);
            able_from(with_faults(setup(nodes, 4), calls, faults), HEAL_MS)
        }
    }
}

/// Quiet hours, busy ones, and long cuts.
pub fn costs(draw: &mut Draw) -> Schedule {
    let nodes = some_nodes(draw);
    let faults = match draw.index % 3 {
        0 => Vec::new(),
        1 => vec![split(&[1], 0, 1_500)],
        _ => {
            let kinds = [Kind::Loss, Kind::Delay, Kind::Duplication, Kind::Split];
            Swarm::of(nodes, &kinds, HEAL_MS).draw(&mut draw.random)
        }
    };
    let requests = (1..=3).flat_map(|client| in_turn(draw, nodes, client, 6, 20 * u64::from(client))).collect();
    let mut schedule = with_faults(setup(nodes, 3), requests, faults);
    schedule.setup.heal_ms = 1_500;
    schedule.setup.end_ms = 3_000;
    schedule
}
