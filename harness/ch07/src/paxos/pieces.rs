//! Set pieces: for each of the classic bugs, the few events in which it shows.
//!
//! A message takes exactly 5 ms in them, so that who comes first is a matter of arithmetic. They assume nothing but two
//! rounds of messages, prepare and accept; code that goes another way is simply put to another test by them.

use explore::Plan;
use harness::NodeId;
use sim::disk::Keep;
use sim::{Fault, Span, When};

use super::contract::Value;
use super::world::{Entry, Setup};

type Schedule = Plan<Setup, Entry>;

/// Every message takes so long.
const EXACTLY_US: (u64, u64) = (5_000, 5_000);

/// The node of that number, counted from 1 as in all that is printed.
pub fn n(number: usize) -> NodeId {
    NodeId::new(number - 1)
}

/// A request of a node, by its number.
pub fn propose(node: usize, value: u32, at_ms: u64) -> Entry {
    Entry::Propose { node: n(node), value: Value(value), at_ms }
}

fn exactly(nodes: usize, entries: Vec<Entry>) -> Schedule {
    Plan { setup: Setup { nodes, latency_us: EXACTLY_US, apart: false, heal_ms: 800, end_ms: 2_300 }, entries }
}

fn lose(from: usize, to: usize, nth: u32) -> Entry {
    Entry::Fault(Fault::Lose { from: n(from), to: n(to), nth })
}

fn delay(from: usize, to: usize, nth: u32, by_ms: u64) -> Entry {
    Entry::Fault(Fault::Delay { from: n(from), to: n(to), nth, by_ms })
}

fn crash(node: usize, when: When, back_after_ms: u64) -> Entry {
    Entry::Fault(Fault::Crash { node: n(node), when, back_after_ms: Some(back_after_ms), keep: Keep::Nothing })
}

fn split(side: Vec<NodeId>, from_ms: u64, until_ms: u64) -> Entry {
    Entry::Fault(Fault::Split { side, span: Span::new(from_ms, until_ms) })
}

fn mute(from: usize, nodes: usize, span: Span) -> Entry {
    let to = (1..=nodes).filter(|to| *to != from).map(n).collect();
    Entry::Fault(Fault::OneWay { from: vec![n(from)], to, span })
}

/// The accepts of n1 reach only itself; meanwhile another value is chosen. Then n1 tries again and finds two accepted values,
/// its own and the one that was chosen.
pub fn two_accepted_values(nodes: usize) -> Schedule {
    let cut = split(vec![n(1)], 18, 150);
    exactly(nodes, vec![propose(1, 7, 10), cut, propose(2, 8, 30)])
}

/// The accepts of n1 reach only n2, whose answer comes twice; the others can still choose another value.
pub fn an_answer_twice() -> Schedule {
    let twice = Entry::Fault(Fault::Duplicate { from: n(2), to: n(1), nth: 2, after_ms: 1 });
    let cut = split(vec![n(1), n(2)], 18, 300);
    exactly(5, vec![propose(1, 7, 10), cut, twice, propose(3, 8, 40)])
}

/// n1 is outbid by n2, which dies before it can go on.
pub fn outbid_by_the_dead() -> Schedule {
    let dies = Fault::Crash { node: n(2), when: When::At(18), back_after_ms: None, keep: Keep::Nothing };
    exactly(3, vec![propose(1, 7, 10), propose(2, 8, 12), Entry::Fault(dies)])
}

/// One majority decides; then another, which has only the middle node in common with it, is asked.
pub fn handover(nodes: usize) -> Schedule {
    let side = (nodes - 1) / 2;
    let first = (1..=side).map(n).collect();
    let then = (nodes - side + 1..=nodes).map(n).collect();
    let handover = Entry::Handover { first, then, change_ms: 100, until_ms: 600 };
    exactly(nodes, vec![propose(nodes, 7, 10), handover, propose(1, 8, 110)])
}

/// A promise for the first ballot of n1 comes in when n1 has long begun another, and n2 and n3 have decided without it.
pub fn late_promise(late_ms: u64) -> Schedule {
    let faults = [lose(3, 1, 1), delay(2, 1, 1, late_ms), split(vec![n(1)], 21, 19 + late_ms)];
    exactly(3, [propose(1, 7, 10), propose(2, 8, 25)].into_iter().chain(faults).collect())
}

/// n2 accepts n1's first ballot and not its second; `late_ms` is how much later than that n1 hears of it. What n2 has
/// accepted is worth less than what n3 has, so that the two of them can choose that from `change_ms` on.
pub fn old_acceptance(late_ms: u64, change_ms: u64) -> Schedule {
    let faults = [
        lose(3, 2, 1),
        delay(2, 1, 2, late_ms),
        lose(1, 2, 4),
        split(vec![n(3)], 18, change_ms),
        split(vec![n(1)], change_ms, 800),
    ];
    exactly(3, [propose(1, 7, 10), propose(3, 8, 12)].into_iter().chain(faults).collect())
}

/// n3 accepts the higher ballot, of n2, without having been asked for a promise; then an accept of the lower one, of n1,
/// comes late.
pub fn late_accept() -> Schedule {
    let deaf = |to, from_ms| {
        let span = Span::new(from_ms, 500);
        Entry::Fault(Fault::OneWay { from: vec![n(2)], to: vec![n(to)], span })
    };
    let faults = [lose(2, 3, 1), delay(1, 3, 2, 15), deaf(1, 18), deaf(3, 25)];
    exactly(3, [propose(1, 7, 10), propose(2, 8, 12)].into_iter().chain(faults).collect())
}

/// n3 promises the higher ballot, of n2, and crashes before the accept of the lower one, of n1, arrives.
pub fn broken_promise(when: When) -> Schedule {
    exactly(3, vec![propose(1, 7, 10), propose(2, 8, 12), lose(2, 1, 1), crash(3, when, 2)])
}

/// n3 promises n1, crashes, and is asked by n2 for a promise that it could not make if it remembered.
pub fn promised_twice(when: When) -> Schedule {
    exactly(3, vec![propose(1, 7, 10), propose(2, 8, 12), delay(2, 3, 1, 5), crash(3, when, 2)])
}

/// n3 crashes in the middle of accepting; after that n1, which knows what was decided, can't be reached.
pub fn broken_acceptance(nth_sync: u32) -> Schedule {
    let handover = Entry::Handover { first: vec![n(2)], then: vec![n(1)], change_ms: 100, until_ms: 600 };
    exactly(3, vec![propose(1, 7, 10), handover, crash(3, When::BeforeSync(nth_sync), 30), propose(2, 8, 110)])
}

/// n1 crashes while its accepts are under way, comes back, and is asked for another value before the answers come: if it begins
/// its ballots anew, they are answers to what it has not asked. What it makes of them, it can tell nobody.
pub fn a_ballot_used_twice(nodes: usize) -> Schedule {
    let faults = [crash(1, When::At(22), 2), mute(1, nodes, Span::new(27, 500))];
    exactly(nodes, [propose(1, 7, 10), propose(1, 8, 26), propose(2, 9, 60)].into_iter().chain(faults).collect())
}

/// Two are asked at the same moment, and no majority is without one of them: n4 is dead.
pub fn twins() -> Schedule {
    let dies = Fault::Crash { node: n(4), when: When::At(5), back_after_ms: None, keep: Keep::Nothing };
    exactly(4, vec![propose(1, 7, 10), propose(2, 8, 10), Entry::Fault(dies)])
}

/// Everybody forgets what was not synced.
pub fn power_cut(nodes: usize) -> Schedule {
    let cut = Entry::PowerCut { at_ms: 60, back_after_ms: 20, keep: Keep::Nothing };
    exactly(nodes, vec![propose(1, 7, 10), cut, propose(2, 8, 100)])
}
