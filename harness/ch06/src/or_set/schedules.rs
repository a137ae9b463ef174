//! Which schedules put each promise to the test.

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;
use sim::disk::Keep;
use sim::{Fault, Random, Span, When};

use super::contract::{Change, Listing};
use crate::replicas::schedules::{self, BUSY_MS, CRASH_PIECES, n, nodes};
use crate::replicas::{self, Setup};

type Schedule = replicas::Schedule<Listing>;
type Entry = replicas::Entry<Change>;

const GUESTS: [&str; 3] = ["ann", "bob", "cleo"];

fn change(random: &mut Random) -> Change {
    let guest = GUESTS[random.random_range(0..GUESTS.len())];
    if random.random_bool(0.6) { Change::add(guest) } else { Change::remove(guest) }
}

fn add(node: usize, guest: &str, at_ms: u64) -> Entry {
    Entry::Change { node: n(node), change: Change::add(guest), at_ms }
}

fn remove(node: usize, guest: &str, at_ms: u64) -> Entry {
    Entry::Change { node: n(node), change: Change::remove(guest), at_ms }
}

pub fn cut_in_two(draw: &mut Draw) -> Schedule {
    schedules::cut_in_two(draw, change)
}

/// The first ones add and remove on both sides of a cut.
pub fn bad_network(draw: &mut Draw) -> Schedule {
    let cut = Entry::Fault(Fault::Split { side: vec![n(0)], span: Span::new(250, BUSY_MS) });
    match draw.index {
        0 => nodes(2, vec![add(0, "ann", 10), cut, remove(0, "ann", 300), add(1, "ann", 310)]),
        1 => nodes(3, vec![add(0, "ann", 10), cut, remove(1, "ann", 300), add(0, "ann", 290)]),
        2 => nodes(2, vec![add(0, "ann", 10), cut, remove(0, "ann", 300), add(0, "ann", 310), add(1, "bob", 320)]),
        index if index % 10 == 4 => schedules::slow_trouble(draw, change),
        _ => schedules::bad_network(draw, change),
    }
}

/// Old messages go on for a long time, and that is how long the trouble lasts.
const OLD_MS: u64 = 1_600;

/// What was sent at first comes, or comes again, when everything has been taken back.
pub fn old_messages(draw: &mut Draw) -> Schedule {
    if draw.index % 10 == 4 {
        return schedules::slow_trouble(draw, change);
    }
    let by_ms = 900;
    let early = Span::new(0, 250);
    let (count, mut entries) = match draw.index {
        0..4 => (2 + draw.index as usize % 2, vec![add(0, "ann", 10), remove(0, "ann", 400)]),
        _ => {
            let count = draw.random.random_range(2..=4);
            let mut entries = schedules::work(draw, count, 10, change);
            entries.extend((0..4).map(|place| Entry::Read { node: n(place % count), at_ms: 700 + 210 * place as u64 }));
            (count, entries)
        }
    };
    match draw.index {
        0 => entries.push(Entry::Fault(Fault::Duplicating { percent: 100, span: early })),
        1 => entries.push(Entry::Fault(Fault::SlowLink { from: n(0), to: n(2), by_ms, span: early })),
        2 => entries.push(Entry::Fault(Fault::SlowLink { from: n(0), to: n(1), by_ms, span: early })),
        _ => {}
    }
    if draw.index >= 3 {
        for _ in 0..6 {
            let from = draw.random.random_range(0..count);
            let to = (from + draw.random.random_range(1..count)) % count;
            let after_ms = draw.random.random_range(300..=by_ms);
            let nth = draw.random.random_range(1..=8);
            entries.push(Entry::Fault(Fault::Duplicate { from: n(from), to: n(to), nth, after_ms }));
        }
        entries.push(Entry::Fault(Fault::Jittery { up_to_ms: by_ms, span: Span::new(0, 500) }));
    }
    Plan { setup: Setup { nodes: count, heal_ms: OLD_MS }, entries }
}

/// The first ones add, crash and add again: the same guest, and another one.
pub fn crashes(draw: &mut Draw) -> Schedule {
    let crash = |when| {
        let back_after_ms = Some(5);
        Entry::Fault(Fault::Crash { node: n(0), when, back_after_ms, keep: Keep::Nothing })
    };
    match draw.index {
        ..CRASH_PIECES => {
            let [first, second, third] = [Change::add("ann"), Change::add("bob"), Change::remove("ann")];
            schedules::crash_piece(draw.index, [first, second, third])
        }
        CRASH_PIECES => nodes(2, vec![add(0, "ann", 10), crash(When::At(250)), add(0, "bob", 260)]),
        7 => nodes(2, vec![add(0, "ann", 10), remove(0, "ann", 240), crash(When::At(250)), add(0, "ann", 260)]),
        8 => nodes(3, vec![add(0, "ann", 10), remove(0, "ann", 340), crash(When::At(341))]),
        9 => nodes(2, vec![add(0, "ann", 10), crash(When::BeforeSync(1)), add(0, "bob", 20)]),
        _ => schedules::crashes(draw, change),
    }
}

/// How many guests come and go at each node.
const VISITS: usize = 100;

/// Many come and go at every node, or one is added again and again.
pub fn comings_and_goings(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=3);
    let visits = |node: usize| {
        let guest = |visit: usize| format!("guest {}", 1 + node * VISITS + visit);
        let changes = (0..VISITS).flat_map(|visit| [Change::add(guest(visit)), Change::remove(guest(visit))]);
        Entry::Series { node: n(node), changes: changes.collect(), from_ms: 10 }
    };
    let again = |node: usize| {
        let changes = vec![Change::add("ann"); 2 * VISITS];
        Entry::Series { node: n(node), changes, from_ms: 10 }
    };
    let mut entries: Vec<Entry> = match draw.index {
        1 | 3 => (0..count).map(again).collect(),
        _ => (0..count).map(visits).collect(),
    };
    entries.push(add(0, "cleo", 400));
    if draw.index >= 2 {
        entries.push(Entry::Fault(Fault::Split { side: vec![n(0)], span: Span::new(100, BUSY_MS) }));
    }
    nodes(count, entries)
}

pub fn calm(draw: &mut Draw) -> Schedule {
    schedules::calm(draw, change)
}
