//! Set pieces: for each of the classic bugs, the shortest lie that shows it.
//!
//! A message takes exactly 5 ms in them. The liar is n4 of four nodes, or n6 and n7 of seven, and broadcasts itself, or
//! speaks of what n1 broadcasts.

use explore::Plan;
use harness::NodeId;

use super::contract::{Ask, Broadcast, Value};
use super::lies::{Claim, Lie};
use super::world::{Entry, Setup};

type Schedule = Plan<Setup, Entry>;

/// The node of that number, counted from 1 as in all that is printed.
pub fn n(number: usize) -> NodeId {
    NodeId::new(number - 1)
}

/// The first broadcast of a node, by its number.
pub fn first_of(node: usize) -> Broadcast {
    Broadcast { origin: n(node), number: 1 }
}

/// A request of a node, by its number.
pub fn ask(node: usize, number: u32, value: u32, at_ms: u64) -> Entry {
    Entry::Ask { node: n(node), ask: Ask { number, value: Value(value) }, at_ms }
}

/// As many liars as there may be among 3f + 1.
pub fn setup(faults: usize, latency_us: (u64, u64)) -> Setup {
    Setup { nodes: 3 * faults + 1, faults, liars: faults, latency_us, heal_ms: 0, calm_ms: 0, ends_in_conflict: false }
}

fn exactly(faults: usize, entries: Vec<Entry>) -> Schedule {
    Plan { setup: setup(faults, (5_000, 5_000)), entries }
}

/// At 10 ms, once.
fn lie(liars: &[usize], to: &[usize], claims: &[Claim], origin: usize, value: u32) -> Lie {
    let nodes = |numbers: &[usize]| numbers.iter().copied().map(n).collect();
    Lie {
        liars: nodes(liars),
        to: nodes(to),
        claims: claims.to_vec(),
        broadcast: first_of(origin),
        value: Value(value),
        times: 1,
        at_ms: 10,
    }
}

fn told(faults: usize, lies: impl IntoIterator<Item = Lie>) -> Schedule {
    exactly(faults, lies.into_iter().map(Entry::Lie).collect())
}

/// One thing to n1, another to n2 and n3, and these claims for each.
pub fn two_faces(claims: &[Claim]) -> Schedule {
    told(1, [lie(&[4], &[1], claims, 4, 7), lie(&[4], &[2, 3], claims, 4, 8)])
}

/// The same among seven.
pub fn two_faces_of_two() -> Schedule {
    told(2, [lie(&[6, 7], &[1, 2], &Claim::ALL, 6, 7), lie(&[6, 7], &[3, 4, 5], &Claim::ALL, 6, 8)])
}

/// All that n1 can be told; n2 gets only the beginning, n3 nothing.
pub fn one_is_convinced() -> Schedule {
    told(1, [lie(&[4], &[1, 2], &[Claim::Init], 4, 7), lie(&[4], &[1], &[Claim::Echo, Claim::Ready], 4, 7)])
}

/// Two correct nodes become ready, and one of them hears of a third.
pub fn one_ready_too_few() -> Schedule {
    told(1, [lie(&[4], &[1, 2], &[Claim::Init, Claim::Echo], 4, 7), lie(&[4], &[1], &[Claim::Ready], 4, 7)])
}

/// n3 never hears from the origin.
pub fn one_is_left_out() -> Schedule {
    told(1, [lie(&[4], &[1, 2], &Claim::ALL, 4, 7)])
}

/// n1 is to become ready for one value, n2 and n3 for another, and only n2 hears of enough who are. The liar says what it
/// says to n1 so many times.
pub fn ready_for_two(times: u32) -> Schedule {
    let first = Lie { times, ..lie(&[4], &[1], &[Claim::Init, Claim::Echo], 4, 7) };
    let second = lie(&[4], &[2, 3], &[Claim::Init, Claim::Echo], 4, 8);
    told(1, [first, second, lie(&[4], &[2], &[Claim::Ready], 4, 8)])
}

/// The same among seven, where more than half is less than enough.
pub fn ready_for_two_of_seven() -> Schedule {
    told(
        2,
        [
            lie(&[6, 7], &[1], &[Claim::Init, Claim::Echo], 6, 7),
            lie(&[6], &[2], &[Claim::Init], 6, 7),
            lie(&[6, 7], &[3, 4, 5], &[Claim::Init, Claim::Echo], 6, 8),
            lie(&[6, 7], &[3], &[Claim::Ready], 6, 8),
        ],
    )
}

/// The first so many of n1, n2 and n3 become ready, and n1 hears that the liars are, too; n4 and n5 hear of it from those only.
pub fn some_ready_of_seven(ready: usize) -> Schedule {
    let convinced: Vec<usize> = (1..=ready).collect();
    told(
        2,
        [
            lie(&[6], &[1, 2, 3], &[Claim::Init], 6, 7),
            lie(&[6, 7], &convinced, &[Claim::Echo], 6, 7),
            lie(&[6, 7], &[1], &[Claim::Ready], 6, 7),
        ],
    )
}

/// Everybody is told one thing, and at once another.
pub fn second_thoughts() -> Schedule {
    let second = Lie { at_ms: 20, ..lie(&[4], &[1, 2, 3], &[Claim::Init], 4, 8) };
    told(1, [lie(&[4], &[1, 2, 3], &[Claim::Init], 4, 7), second])
}

/// Somebody claims to be n1, which has nothing to say.
pub fn false_name(claim: Claim, times: u32) -> Schedule {
    told(1, [Lie { times, ..lie(&[4], &[1, 2, 3], &[claim], 1, 66) }])
}

/// The same, with two who do.
pub fn false_names(claim: Claim, times: u32) -> Schedule {
    told(2, [Lie { times, ..lie(&[6, 7], &[1, 2, 3, 4, 5], &[claim], 1, 66) }])
}

/// The liar speaks for a node that does not exist.
pub fn nobodys_name() -> Schedule {
    told(1, [lie(&[4], &[1, 2, 3], &Claim::ALL, 9, 66)])
}

/// What n1 has broadcast is said once more, under a number that n1 has not used.
pub fn a_number_more() -> Schedule {
    let again = Broadcast { number: 2, ..first_of(1) };
    let again = Lie { broadcast: again, at_ms: 100, ..lie(&[4], &[1, 2, 3], &[Claim::Echo, Claim::Ready], 1, 7) };
    exactly(1, vec![ask(1, 1, 7, 10), Entry::Lie(again)])
}

/// n1 broadcasts, and the liar supports it more than is asked for.
pub fn too_much_support() -> Schedule {
    let support = Lie { times: 3, at_ms: 30, ..lie(&[4], &[1, 2, 3], &[Claim::Echo, Claim::Ready], 1, 7) };
    exactly(1, vec![ask(1, 1, 7, 10), Entry::Lie(support)])
}
