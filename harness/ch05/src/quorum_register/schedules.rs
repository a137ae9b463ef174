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
use super::episodes::episodes;
use super::world::{Call, Entry, Setup, Turn};

pub type Schedule = Plan<Setup, Entry>;

/// How long a message takes in a set piece.
pub const HOP_MS: u64 = 5;

/// When the faults of most schedules end.
pub const HEAL_MS: u64 = 700;

/// When these schedules end: not before somebody who takes all the time there is has answered.
const END_MS: u64 = HEAL_MS + PROMPT_MS + 300;

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
    with_faults(piece_of(nodes, clients, vec![Entry::Calls(calls.to_vec())]), faults)
}

/// These entries on a network on which every message takes [`HOP_MS`].
pub fn piece_of(nodes: usize, clients: u16, entries: Vec<Entry>) -> Schedule {
    let latency_us = (HOP_MS * 1_000, HOP_MS * 1_000);
    Plan { setup: Setup { latency_us, ..setup(nodes, clients) }, entries }
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

fn with_faults(mut schedule: Schedule, faults: Vec<Fault>) -> Schedule {
    schedule.entries.extend(faults.into_iter().map(Entry::Fault));
    schedule
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
pub fn some_nodes(draw: &mut Draw) -> usize {
    draw.random.random_range(3..=5)
}

/// Nothing goes wrong; one client asks another node each time.
pub fn one_after_another(draw: &mut Draw) -> Schedule {
    let nodes = some_nodes(draw);
    Plan { setup: setup(nodes, 1), entries: in_turn(draw, nodes, 1, 20, 1) }
}

/// Nothing goes wrong; several clients write at the same time, at several nodes or at one.
pub fn at_the_same_time(draw: &mut Draw) -> Schedule {
    let second = if draw.index.is_multiple_of(2) { 2 } else { 1 };
    let Cast { nodes, n } = cast(draw, &[3, 4, 5]);
    let mut schedule = piece(nodes, &[write(1, n[0], 20), write(2, n[second - 1], 20)], Vec::new());
    schedule.setup.latency_us = (1_000, 10_000);
    with_readings(schedule, 60)
}

/// A node that missed some writes is asked to write; or one whose clock is behind.
pub fn behind(draw: &mut Draw) -> Schedule {
    let Cast { nodes, n } = cast(draw, &[3, 4, 5]);
    let calls = [write(1, n[0], 20), write(2, n[0], 60), write(3, n[1], 150), read(4, n[2], 200)];
    let clock = Fault::Offset { node: self::n(n[0]), by_ms: 1_000 };
    let missed = split(&[n[1]], 0, 100);
    piece(nodes, &calls, if draw.index % 3 == 2 { vec![missed, clock] } else { vec![missed] })
}

/// A write reaches two replicas of five. One reader finds it, and the next asks others.
pub fn half_written(draw: &mut Draw) -> Schedule {
    if draw.index % 5 == 3 {
        return found_meanwhile(draw);
    }
    let Cast { n, .. } = cast(draw, &[5]);
    let first = n[1 + draw.index as usize % 2];
    let calls = [write(1, n[0], 20), read(2, first, 100), read(3, n[4], 200)];
    let half = one_way(&[n[0]], &n[2..], 20 + HOP_MS, HEAL_MS);
    // The reader has brought others up to date by then; or it could do so only now.
    let cut_ms = if draw.index % 5 == 2 { 100 + HOP_MS + 3 } else { 150 };
    piece(5, &calls, vec![half, split(&[n[1]], cut_ms, HEAL_MS)])
}

/// The write comes to the reader's own replica when the reader has asked all others already.
fn found_meanwhile(draw: &mut Draw) -> Schedule {
    let Cast { n, .. } = cast(draw, &[5]);
    let calls = [write(1, n[1], 18), read(2, n[0], 20), read(3, n[4], 200)];
    let half = one_way(&[n[1]], &n[2..], 18 + HOP_MS, HEAL_MS);
    piece(5, &calls, vec![half, split(&n[..2], 150, HEAL_MS)])
}

/// The value of the write is one that the register had before: it is the same, and not the same write.
fn written_before(draw: &mut Draw) -> Schedule {
    let Cast { n, .. } = cast(draw, &[3]);
    let again = Call { client: 3, node: self::n(n[0]), at_ms: 120, operation: Operation::Write(1) };
    let calls = [write(1, n[0], 20), write(2, n[0], 60), again, read(4, n[0], 220), read(5, n[1], 500)];
    let half = vec![one_way(&n[..1], &n[1..], 120 + HOP_MS, 190), crash(n[0], When::At(120 + 3 * HOP_MS))];
    let others = [split(&n[2..], 55, 100), split(&n[1..2], 210, 350), split(&n[..1], 400, HEAL_MS)];
    piece(3, &calls, half.into_iter().chain(others).collect())
}

/// A write arrives at a replica that has taken over a later one since.
pub fn overtaken(draw: &mut Draw) -> Schedule {
    let Cast { n, .. } = cast(draw, &[3]);
    if draw.index % 3 == 2 {
        // A replica that missed a write has the value of the next one already, from long before.
        let again = Call { client: 3, node: self::n(n[2]), at_ms: 200, operation: Operation::Write(1) };
        let calls = [write(1, n[0], 20), write(2, n[0], 60), again, read(4, n[2], 500)];
        let cuts = [split(&n[2..], 55, 120), split(&n[1..2], 190, 300), split(&n[..1], 400, HEAL_MS)];
        return piece(3, &calls, cuts.into());
    }
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
    let kind = draw.index as usize % 13;
    let Cast { n, .. } = cast(draw, &[3]);
    let calls = [write(1, n[0], 20), read(2, n[2], 200)];
    if kind == 8 {
        return piece(3, &calls, n.iter().map(|node| crash(*node, When::At(60))).collect());
    }
    if kind > 8 {
        return in_pieces(&n, kind - 9, 1 + draw.index as u32 / 13);
    }
    // Another replica may forget, or the node that was asked.
    let (forgets, stays) = if kind < 4 { (n[1], n[0]) } else { (n[0], n[1]) };
    let faults = vec![split(&n[2..], 0, 50), crash(forgets, whens[kind % 4]), split(&[stays], 100, HEAL_MS)];
    piece(3, &calls, faults)
}

/// A crash leaves half of what a node has written, or takes what a reader has left with it.
fn in_pieces(n: &[usize], kind: usize, nth: u32) -> Schedule {
    let torn = |node, nth, keep| Fault::Crash {
        node: self::n(node),
        when: When::BeforeSync(nth),
        back_after_ms: Some(10),
        keep,
    };
    match kind {
        // A record is torn; the next one is behind it; then the node boots once more.
        0 => {
            let calls = [write(1, n[0], 20), read(2, n[2], 400)];
            let twice = [torn(n[1], nth, Keep::FirstThenTorn(0)), crash(n[1], When::At(250))];
            piece(3, &calls, [split(&n[2..], 0, 200), split(&n[..1], 300, HEAL_MS)].into_iter().chain(twice).collect())
        }
        // Of several values, some are those of the write that is under way, and it goes no further.
        1 => {
            let [before, after] = [200, HEAL_MS + 100];
            let reads =
                [read(3, n[1], before), read(4, n[2], before + 100), read(5, n[0], after), read(6, n[1], after + 100)];
            let calls: Vec<Call> = [write(1, n[0], 20), write(2, n[0], 80)].into_iter().chain(reads).collect();
            let cut = [one_way(&n[..1], &n[2..], 75, HEAL_MS), split(&n[..1], 80 + 3 * HOP_MS + 1, HEAL_MS)];
            piece(3, &calls, cut.into_iter().chain([torn(n[1], nth + 1, Keep::First(1))]).collect())
        }
        // A write that only one replica has is read there, or at another one, and brought to both; then one crashes.
        _ => {
            let reader = if kind == 2 { n[0] } else { n[1] };
            let calls = [write(1, n[0], 20), read(2, reader, 100), read(3, n[2], 300)];
            let half = [one_way(&n[..1], &n[1..], 20 + HOP_MS, 70), crash(n[0], When::At(20 + 3 * HOP_MS))];
            let then = [split(&n[2..], 90, 220), crash(n[1], When::At(240)), split(&n[..1], 250, HEAL_MS)];
            piece(3, &calls, half.into_iter().chain(then).collect())
        }
    }
}

/// Writes are interrupted, go on or are forgotten while others write.
pub fn interrupted(draw: &mut Draw) -> Schedule {
    let kind = draw.index as u32 % 7;
    if kind == 6 {
        return written_before(draw);
    }
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
    if !draw.index.is_multiple_of(4) {
        return with_readings(episodes(draw), HEAL_MS + 50);
    }
    let nodes = some_nodes(draw);
    let faults = Swarm { most: 8, ..Swarm::of(nodes, &Kind::ANY, HEAL_MS) }.draw(&mut draw.random);
    let calls = scattered(draw, nodes, 4, 40, HEAL_MS);
    with_readings(with_faults(Plan { setup: setup(nodes, 4), entries: calls }, faults), HEAL_MS + 50)
}

/// Messages are doubled and lost, and requests come in crowds.
pub fn crowds(draw: &mut Draw) -> Schedule {
    let nodes = some_nodes(draw);
    let kinds = [Kind::Duplication, Kind::Delay, Kind::Loss, Kind::Crash];
    let mut faults = Swarm::of(nodes, &kinds, HEAL_MS).draw(&mut draw.random);
    faults.push(Fault::Duplicating { percent: 30, span: Span::new(0, HEAL_MS) });
    let calls = scattered(draw, nodes, 6, 24, 200);
    with_faults(Plan { setup: setup(nodes, 6), entries: calls }, faults)
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

/// A minority is missing, whichever it is, or for some time a majority.
pub fn missing(draw: &mut Draw) -> Schedule {
    let nodes = if draw.index < 2 { 5 } else { 3 };
    let mut n: Vec<usize> = (1..=nodes).collect();
    if !draw.index.is_multiple_of(2) {
        n.reverse();
    }
    let calls = [write(1, n[0], 50), read(2, n[1], 100), read(3, n[1], 101)];
    let cut_off = |until_ms| able_from(piece(3, &calls, vec![split(&n[..1], 0, until_ms)]), until_ms);
    let moments = |from_ms| able_from(piece(3, &calls, vec![dead(n[2]), split(&n[..1], from_ms, 400)]), 400);
    match draw.index / 2 {
        0 => able_from(piece(5, &calls, vec![dead(n[3]), dead(n[4])]), 0),
        1 => {
            let forever = END_MS + PROMPT_MS;
            let mut schedule = able_from(piece(3, &calls, vec![split(&n[2..], 0, forever)]), 0);
            schedule.setup.heal_ms = forever;
            schedule
        }
        2 => cut_off(3_000),
        3 => cut_off(5_000),
        4 => cut_off(8_000),
        5 => moments(52),
        6 => moments(62),
        _ => any_missing(draw),
    }
}

/// Some die, the others have a hard time, and then enough are there.
fn any_missing(draw: &mut Draw) -> Schedule {
    let nodes = some_nodes(draw);
    let mut alive: Vec<usize> = (1..=nodes).collect();
    alive.shuffle(&mut draw.random);
    let dying = alive.split_off(nodes - draw.random.random_range(0..=(nodes - 1) / 2));
    let living = alive.into_iter().map(n).collect();
    let swarm = Swarm { most: 6, nodes: living, ..Swarm::of(nodes, &Kind::ANY, HEAL_MS) };
    let faults = dying.into_iter().map(dead).chain(swarm.draw(&mut draw.random)).collect();
    let entries = scattered(draw, nodes, 4, 12, HEAL_MS);
    able_from(with_faults(Plan { setup: setup(nodes, 4), entries }, faults), HEAL_MS)
}

/// Quiet hours, busy ones, and long cuts.
pub fn costs(draw: &mut Draw) -> Schedule {
    let nodes = some_nodes(draw);
    let faults = match draw.index % 4 {
        0 | 3 => Vec::new(),
        1 => vec![split(&[1], 0, 1_500)],
        _ => {
            let kinds = [Kind::Loss, Kind::Delay, Kind::Duplication, Kind::Split];
            Swarm::of(nodes, &kinds, HEAL_MS).draw(&mut draw.random)
        }
    };
    let quiet = draw.index % 4 == 3;
    let (clients, each, end_ms) = if quiet { (1, 2, 10_000) } else { (3, 6, 3_000) };
    let requests = (1..=clients).flat_map(|client| in_turn(draw, nodes, client, each, 20 * u64::from(client)));
    let entries = requests.collect();
    let mut schedule = with_faults(Plan { setup: setup(nodes, clients), entries }, faults);
    schedule.setup.heal_ms = 1_500;
    schedule.setup.end_ms = end_ms;
    schedule
}
