//! Which schedules put each promise to the test.
//!
//! What a node does is counted over all its lives, and how often it sends or syncs is the learner's choice. So crashes in the
//! middle of something are tried at all the early places in turn, whatever happens to be there.

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;
use rand::seq::IndexedRandom;
use sim::disk::Keep;
use sim::swarm::Kind;
use sim::{Fault, NodeId, Span, Swarm, When};

use super::contract::MESSAGE_LIFE_MS;
use super::world::{Entry, Setup, account, coordinator};

type Schedule = Plan<Setup, Entry>;

/// When faults end, in milliseconds, unless a schedule says otherwise.
const HEAL_MS: u64 = 3_000;

fn setup(branches: usize) -> Setup {
    Setup { branches, clients: 1, heal_ms: HEAL_MS, accounts: u32::MAX }
}

fn n(number: usize) -> NodeId {
    NodeId::new(number - 1)
}

/// Transfers of the first client over the first so many branches.
fn transfers(count: u32, branches: usize) -> Entry {
    Entry::Transfers { client: 0, from_ms: 100, count, branches: (2..=branches + 1).map(n).collect() }
}

fn crash(node: NodeId, when: When, back_after_ms: u64, keep: Keep) -> Entry {
    Entry::Fault(Fault::Crash { node, when, back_after_ms: Some(back_after_ms), keep })
}

fn at_answer(nth: u32, branch: NodeId, back_after_ms: u64, keep: Keep) -> Entry {
    Entry::AtAnswer { nth, branch, back_after_ms, keep }
}

/// All the places early in a node's life where it may crash in the middle of something.
fn early(sends: u32) -> Vec<When> {
    let mut places: Vec<_> = (1..=sends).map(When::BeforeSend).collect();
    for nth in 1..=4 {
        places.extend([When::BeforeSync(nth), When::AfterSync(nth)]);
    }
    places
}

/// The one of these whose turn it is.
fn in_turn<T: Copy>(turn: u64, all: &[T]) -> T {
    all[turn as usize % all.len()]
}

/// Some transfers, over some of the branches or all of them, by one client or two.
fn workload(draw: &mut Draw) -> (Setup, Vec<Entry>) {
    let branches = draw.random.random_range(2..=4);
    let clients = draw.random.random_range(1..=2);
    let entries = (0..clients).map(|client| {
        let concerned = draw.random.random_range(2..=branches);
        let first = draw.random.random_range(2..=branches + 2 - concerned);
        let branches = (first..first + concerned).map(n).collect();
        let count = draw.random.random_range(1..=4);
        Entry::Transfers { client, from_ms: draw.random.random_range(50..=200), count, branches }
    });
    let entries = entries.collect();
    (Setup { clients, ..setup(branches) }, entries)
}

/// Nothing goes wrong.
pub fn calm(draw: &mut Draw) -> Schedule {
    let (setup, entries) = workload(draw);
    Plan { setup, entries }
}

/// Nothing goes wrong, and some accounts are frozen somewhere.
pub fn refusals(draw: &mut Draw) -> Schedule {
    let (setup, mut entries) = workload(draw);
    let mut frozen = Vec::new();
    for entry in &entries {
        let Entry::Transfers { client, count, branches, .. } = entry else { continue };
        for _ in 0..2 {
            let nth = draw.random.random_range(1..=*count);
            let branch = *branches.choose(&mut draw.random).expect("a transfer concerns somebody");
            frozen.push(Entry::Frozen { branch, account: account(&setup, *client, nth) });
        }
    }
    frozen.dedup();
    entries.extend(frozen);
    Plan { setup, entries }
}

/// A branch is away when it is asked for its vote, or crashes on the way to it.
pub fn missing_votes(draw: &mut Draw) -> Schedule {
    let branches = draw.random.random_range(2..=3);
    let branch = n(draw.random.random_range(2..=branches + 1));
    let away = match draw.index % 3 {
        0 => crash(branch, When::At(50), 2_500, Keep::Nothing),
        1 => Entry::Fault(Fault::Split { side: vec![branch], span: Span::new(50, 2_500) }),
        _ => crash(branch, in_turn(draw.index / 3, &early(3)), 2_500, Keep::Nothing),
    };
    Plan { setup: setup(branches), entries: vec![transfers(1, branches), away] }
}

/// Everything is said twice while one branch is away.
pub fn votes_twice(draw: &mut Draw) -> Schedule {
    let branches = draw.random.random_range(2..=3);
    let branch = n(draw.random.random_range(2..=branches + 1));
    let twice = Entry::Fault(Fault::Duplicating { percent: 100, span: Span::new(0, 2_500) });
    let away = crash(branch, When::At(50), 2_500, Keep::Nothing);
    Plan { setup: setup(branches), entries: vec![transfers(1, branches), twice, away] }
}

/// A branch crashes at any step of its own, or when it has voted and the decision is under way.
pub fn branch_crashes(draw: &mut Draw) -> Schedule {
    let branch = n(draw.random.random_range(2..=3));
    let back_after_ms = *[2, 60, 400, 1_500].choose(&mut draw.random).expect("there are some");
    let fault = match draw.index % 4 {
        0 => at_answer(1, branch, back_after_ms, Keep::Nothing),
        _ => crash(branch, in_turn(draw.index - draw.index / 4, &early(4)), back_after_ms, Keep::Nothing),
    };
    Plan { setup: setup(2), entries: vec![transfers(1, 2), fault] }
}

/// The coordinator crashes at any step of its own.
pub fn coordinator_crashes(draw: &mut Draw) -> Schedule {
    let branches = draw.random.random_range(2..=3);
    let mut places = early(8);
    places.push(When::BeforeOutput(1));
    let back_after_ms = *[2, 60, 400, 1_500].choose(&mut draw.random).expect("there are some");
    let fault = crash(coordinator(), in_turn(draw.index, &places), back_after_ms, Keep::Nothing);
    Plan { setup: setup(branches), entries: vec![transfers(1, branches), fault] }
}

/// The same, and the client asks for more as soon as the coordinator is back.
pub fn quick_restarts(draw: &mut Draw) -> Schedule {
    let mut places = early(8);
    places.push(When::BeforeOutput(1));
    let fault = crash(coordinator(), in_turn(draw.index, &places), draw.random.random_range(1..=40), Keep::Nothing);
    Plan { setup: setup(2), entries: vec![transfers(2, 2), fault] }
}

/// The same, and in some runs everything is said twice.
pub fn quick_restarts_and_copies(draw: &mut Draw) -> Schedule {
    let mut schedule = quick_restarts(draw);
    if draw.index % 3 == 2 {
        schedule.entries.push(Entry::Fault(Fault::Duplicating { percent: 100, span: Span::new(0, 2_500) }));
    }
    schedule
}

/// The same by turns with a crash before any vote has come back, after which another client is the first to ask, for a
/// transfer over other branches.
pub fn quick_restarts_of_other_transfers(draw: &mut Draw) -> Schedule {
    if draw.index.is_multiple_of(2) {
        return quick_restarts(draw);
    }
    let from_ms = draw.random.random_range(103..=180);
    let other = Entry::Transfers { client: 1, from_ms, count: 2, branches: vec![n(3), n(4)] };
    let fault = crash(coordinator(), When::At(102), draw.random.random_range(1..=40), Keep::Nothing);
    Plan { setup: Setup { clients: 2, ..setup(3) }, entries: vec![transfers(1, 2), other, fault] }
}

/// The coordinator crashes at any step of its own and stays away for long.
pub fn long_absences(draw: &mut Draw) -> Schedule {
    let branches = draw.random.random_range(2..=3);
    let mut places = early(12);
    places.push(When::BeforeOutput(1));
    let fault = crash(coordinator(), in_turn(draw.index, &places), 10_000, Keep::Nothing);
    let setup = Setup { heal_ms: 8_000, ..setup(branches) };
    Plan { setup, entries: vec![transfers(1, branches), fault] }
}

/// The coordinator crashes, and what is said afterwards is lost in part.
pub fn absences(draw: &mut Draw) -> Schedule {
    let mut schedule = coordinator_crashes(draw);
    if draw.index.is_multiple_of(2) {
        let span = Span::new(100, draw.random.random_range(500..=HEAL_MS));
        let percent = draw.random.random_range(20..=90);
        schedule.entries.push(Entry::Fault(Fault::Lossy { percent, span }));
    }
    schedule
}

/// What was said comes again later, while a decision is not yet known everywhere. Or everything comes twice, and in some of
/// these runs all transfers concern one account.
pub fn repetitions(draw: &mut Draw) -> Schedule {
    let branch = n(draw.random.random_range(2..=3));
    let other = n(5 - branch.index() - 1);
    let mut entries = vec![transfers(1, 2)];
    match draw.index % 4 {
        0 => {
            let early = draw.index.is_multiple_of(8);
            let (nth, after_ms) = match early {
                true => (draw.random.random_range(1..=2), draw.random.random_range(300..=800)),
                false => (1, draw.random.random_range(1_500..=MESSAGE_LIFE_MS - 100)),
            };
            entries.push(Entry::Fault(Fault::Duplicate { from: coordinator(), to: branch, nth, after_ms }));
            entries.push(at_answer(1, other, MESSAGE_LIFE_MS + 100, Keep::Everything));
            if early {
                entries.push(crash(branch, When::At(draw.random.random_range(200..=350)), 20, Keep::Nothing));
            }
        }
        1 => {
            entries.push(Entry::Fault(Fault::Duplicating { percent: 100, span: Span::new(0, 2_500) }));
            entries.push(crash(coordinator(), in_turn(draw.index / 4, &early(8)), 60, Keep::Nothing));
        }
        2 if draw.index % 8 == 2 => {
            let setup = Setup { accounts: 1, ..setup(2) };
            let twice = Entry::Fault(Fault::Duplicating { percent: 100, span: Span::new(0, 2_500) });
            return Plan { setup, entries: vec![transfers(2, 2), twice] };
        }
        _ => {
            entries.push(Entry::Fault(Fault::Duplicating { percent: 100, span: Span::new(0, 2_500) }));
            let keep =
                *[Keep::Nothing, Keep::First(1), Keep::Everything].choose(&mut draw.random).expect("there are some");
            entries.push(crash(branch, in_turn(draw.index / 4, &early(6)), draw.random.random_range(1..=100), keep));
        }
    }
    Plan { setup: setup(2), entries }
}

/// A crash tears a record. When all is quiet again there is another transfer, and then the same node crashes again and has to
/// read what lies beyond the torn record.
pub fn torn_records(draw: &mut Draw) -> Schedule {
    let setup = Setup { clients: 2, heal_ms: 5_500, ..setup(2) };
    let later = Entry::Transfers { client: 1, from_ms: 3_200, count: 1, branches: vec![n(2), n(3)] };
    let branch = n(draw.random.random_range(2..=3));
    let torn = if draw.index.is_multiple_of(2) { branch } else { coordinator() };
    let nth = 1 + (draw.index / 2 % 4) as u32;
    let again = When::At(draw.random.random_range(3_600..=4_400));
    let mut entries = vec![transfers(1, 2), crash(torn, When::BeforeSync(nth), 10, Keep::FirstThenTorn(0)), later];
    if torn == coordinator() {
        entries.push(at_answer(1 + (draw.index / 8 % 2) as u32, branch, 1_500, Keep::Everything));
    }
    entries.push(crash(torn, again, 100, Keep::Everything));
    Plan { setup, entries }
}

/// A branch misses the decision or loses it, and the coordinator crashes before that branch is back.
///
/// An answer may come before the branches hear of the decision or after they have done their parts, so half of the crashes
/// are at the answer and half at what may be the branch's second sync, after that of its vote.
pub fn missed_decisions(draw: &mut Draw) -> Schedule {
    let branches = draw.random.random_range(2..=3);
    let branch = n(draw.random.random_range(2..=branches + 1));
    let miss = match draw.index.is_multiple_of(2) {
        true => at_answer(1, branch, 1_500, Keep::Everything),
        false => crash(branch, When::BeforeSync(2), 1_500, Keep::Nothing),
    };
    let at_ms = draw.random.random_range(400..=1_400);
    let fault = crash(coordinator(), When::At(at_ms), draw.random.random_range(50..=400), Keep::Everything);
    Plan { setup: setup(branches), entries: vec![transfers(1, branches), miss, fault] }
}

/// Many transfers, some of them refused; in some runs a little is lost.
pub fn many(draw: &mut Draw) -> Schedule {
    let setup = Setup { clients: 2, accounts: 4, ..setup(2) };
    let many = |client| Entry::Transfers { client, from_ms: 50, count: 30, branches: vec![n(2), n(3)] };
    let frozen = Entry::Frozen { branch: n(draw.random.random_range(2..=3)), account: account(&setup, 0, 2) };
    let mut entries = vec![many(0), many(1), frozen];
    if draw.index % 2 == 1 {
        let percent = draw.random.random_range(3..=15);
        entries.push(Entry::Fault(Fault::Lossy { percent, span: Span::new(0, 2_000) }));
    }
    Plan { setup, entries }
}

/// Whatever may fail: first a vote that takes its time, then anything.
pub fn anything(draw: &mut Draw) -> Schedule {
    const SLOW_MS: [u64; 10] = [20, 50, 100, 150, 220, 280, 350, 450, 600, 900];
    if let Some(by_ms) = SLOW_MS.get(draw.index as usize) {
        let slow = Fault::Delay { from: n(3), to: coordinator(), nth: 1, by_ms: *by_ms };
        return Plan { setup: setup(2), entries: vec![transfers(1, 2), Entry::Fault(slow)] };
    }
    let (setup, mut entries) = workload(draw);
    let kinds = [&Kind::NETWORK[..], &[Kind::Crash, Kind::Crash, Kind::Crash, Kind::Crash]].concat();
    let swarm = Swarm::of(setup.branches + 1, &kinds, 1_500);
    entries.extend(swarm.draw(&mut draw.random).into_iter().map(Entry::Fault));
    Plan { setup, entries }
}
