//! Which histories put each promise to the test: first those that somebody has thought of, then drawn ones.

use explore::property::pieces_first;
use proptest::arbitrary::any;
use proptest::strategy::{BoxedStrategy, Just, Strategy};

use super::contract::{Action, Operation};
use super::histories::{History, Kind, Known, Long, busy, cas, drawn, long, pending, read, write};

const NIL: Option<u32> = None;

fn pieces(index: u64, pieces: Vec<Vec<Operation>>, rest: Kind) -> BoxedStrategy<History> {
    pieces_first(index, pieces.into_iter().map(History::of).collect(), || drawn(rest))
}

/// One operation after another.
pub fn sequences(index: u64) -> BoxedStrategy<History> {
    let set = vec![
        vec![read(NIL, (0, 5))],
        vec![read(1, (0, 5))],
        vec![read(0, (0, 5))],
        vec![write(u32::MAX, (0, 5)), read(NIL, (10, 15))],
        vec![write(1, (0, 5)), read(1, (10, 15))],
        vec![write(1, (0, 5)), read(2, (10, 15))],
        vec![write(1, (0, 5)), read(NIL, (10, 15))],
        vec![write(1, (0, 5)), cas(1, 2, true, (10, 15)), read(2, (20, 25))],
        vec![write(1, (0, 5)), cas(1, 2, true, (10, 15)), read(1, (20, 25))],
        vec![],
    ];
    pieces(index, set, Kind { spread: 4, cas: true, ..Kind::PLAIN })
}

/// Writes and reads overlap.
pub fn overlaps(index: u64) -> BoxedStrategy<History> {
    let set = vec![
        vec![write(1, (0, 20)), read(NIL, (5, 15))],
        vec![write(1, (0, 20)), read(1, (5, 15))],
        vec![write(1, (0, 20)), read(2, (5, 15))],
        vec![write(1, (0, 10)), write(2, (5, 15)), read(1, (20, 25))],
        vec![write(1, (0, 10)), write(2, (5, 15)), read(2, (20, 25))],
        vec![write(1, (0, 10)), write(2, (5, 15)), read(1, (20, 25)), read(2, (30, 35))],
    ];
    pieces(index, set, Kind::PLAIN)
}

/// Operations that are over before others begin.
pub fn real_time(index: u64) -> BoxedStrategy<History> {
    let set = vec![
        vec![write(1, (0, 40)), write(2, (5, 10)), read(1, (15, 20)), read(2, (25, 30))],
        vec![write(1, (0, 5)), write(2, (10, 15)), read(1, (20, 25))],
        vec![write(1, (0, 5)), write(2, (10, 15)), read(2, (20, 25))],
        vec![write(1, (0, 40)), read(1, (5, 10)), read(NIL, (15, 20))],
        vec![read(1, (0, 5)), write(1, (10, 15))],
        vec![write(1, (0, 5)), write(2, (10, 30)), read(1, (15, 20)), read(2, (22, 25)), read(1, (35, 40))],
    ];
    pieces(index, set, Kind { spread: 12, ..Kind::PLAIN })
}

/// Whoever takes the first operation that fits may get stuck.
pub fn traps(index: u64) -> BoxedStrategy<History> {
    let together = |first: u32, second: u32, third: u32| {
        let mut operations = vec![write(1, (0, 80)), write(2, (1, 80)), write(3, (2, 80))];
        operations.extend([read(first, (10, 15)), read(second, (20, 25)), read(third, (30, 35))]);
        operations
    };
    let swaps = |mut operations: Vec<Operation>| {
        operations.push(cas(3, 1, true, (90, 95)));
        operations
    };
    let set = vec![
        together(1, 2, 3),
        together(3, 2, 1),
        together(2, 1, 3),
        together(1, 2, 1),
        together(2, 2, 2),
        swaps(together(3, 2, 1)),
        swaps(together(1, 1, 1)),
        swaps(together(1, 1, 2)),
    ];
    pieces(index, set, Kind { spread: 29, operations: (4, 7), ..Kind::PLAIN })
}

fn writes(value: u32, called: u64) -> Operation {
    pending(Action::Write(value), called)
}

fn swaps(from: u32, to: u32, called: u64) -> Operation {
    pending(Action::Cas { from, to }, called)
}

/// Somebody sees what a pending operation has done.
pub fn pending_effects(index: u64) -> BoxedStrategy<History> {
    let set = vec![
        vec![writes(1, 0), read(1, (10, 15))],
        vec![writes(1, 0), read(NIL, (10, 15)), read(1, (20, 25))],
        vec![read(1, (0, 5)), writes(1, 10)],
        vec![write(1, (0, 5)), swaps(1, 2, 10), read(2, (20, 25))],
        vec![write(1, (0, 5)), swaps(1, 2, 10), read(1, (20, 25)), read(2, (30, 35))],
        vec![write(1, (0, 5)), swaps(3, 2, 10), read(2, (20, 25))],
        vec![writes(1, 0), write(2, (5, 10)), read(2, (15, 20)), read(1, (25, 30)), read(1, (35, 40))],
    ];
    pieces(index, set, Kind { pending: 40, ..Kind::PLAIN })
}

/// A pending operation has not done anything, or not yet; or it would have to do it twice.
pub fn pending_idle(index: u64) -> BoxedStrategy<History> {
    let set = vec![
        vec![writes(1, 0), read(NIL, (10, 15))],
        vec![writes(1, 0), read(NIL, (10, 15)), read(NIL, (20, 25))],
        vec![writes(1, 0), read(1, (10, 15)), read(NIL, (20, 25))],
        vec![write(1, (0, 5)), writes(2, 10), read(1, (20, 25)), cas(1, 3, true, (30, 35)), read(3, (40, 45))],
        vec![writes(1, 0), read(1, (10, 15)), write(2, (20, 25)), read(2, (30, 35)), read(1, (40, 45))],
        vec![write(1, (0, 5)), swaps(1, 2, 10), read(1, (20, 25))],
        vec![pending(Action::Read, 0), write(1, (10, 15)), read(1, (20, 25))],
    ];
    pieces(index, set, Kind { pending: 40, spread: 12, ..Kind::PLAIN })
}

/// Compare-and-sets, many of which fail.
pub fn swapping(index: u64) -> BoxedStrategy<History> {
    let set = vec![
        vec![write(1, (0, 5)), cas(2, 3, false, (10, 15)), read(1, (20, 25))],
        vec![write(1, (0, 5)), cas(2, 3, false, (10, 15)), read(3, (20, 25))],
        vec![write(1, (0, 5)), cas(1, 3, false, (10, 15))],
        vec![write(1, (0, 5)), cas(2, 3, true, (10, 15))],
        vec![cas(1, 2, false, (0, 5)), read(NIL, (10, 15))],
        vec![cas(1, 2, false, (0, 5)), cas(2, 3, true, (10, 15))],
        vec![write(1, (0, 5)), cas(1, 2, true, (10, 20)), cas(1, 3, true, (11, 21))],
        vec![write(1, (0, 5)), cas(1, 2, true, (10, 20)), cas(1, 3, false, (11, 21)), read(2, (30, 35))],
        vec![write(1, (0, 5)), cas(1, 2, true, (10, 20)), cas(1, 3, false, (11, 21)), read(3, (30, 35))],
    ];
    pieces(index, set, Kind { cas: true, spread: 12, ..Kind::PLAIN })
}

/// A return and a call at the same time.
pub fn touching(index: u64) -> BoxedStrategy<History> {
    let set = vec![
        vec![write(1, (0, 10)), read(NIL, (10, 20))],
        vec![write(1, (0, 10)), read(1, (10, 20))],
        vec![write(1, (0, 10)), read(NIL, (11, 20))],
        vec![read(1, (0, 10)), write(1, (10, 20))],
        vec![read(1, (0, 9)), write(1, (10, 20))],
        vec![write(1, (0, 10)), write(2, (10, 20)), read(1, (20, 30)), read(1, (31, 40))],
        vec![write(1, (0, 10)), write(2, (11, 20)), read(1, (20, 30)), read(1, (31, 40))],
    ];
    pieces(index, set, Kind { touch: true, spread: 5, ..Kind::PLAIN })
}

/// Everything, in the small.
pub fn small(index: u64) -> BoxedStrategy<History> {
    drawn(Kind { cas: true, pending: 15, touch: index.is_multiple_of(2), ..Kind::PLAIN })
}

/// Small ones, and now and then one of many operations.
pub fn shown(index: u64) -> BoxedStrategy<History> {
    if index % 8 == 7 { busy(index % 16 == 7) } else { small(index) }
}

/// Hundreds of operations, up to six of them under way at once; or some dozens, among them swaps and values that return.
pub fn long_ones(index: u64) -> BoxedStrategy<Long> {
    if index < 6 {
        let (groups, width, unknown) = [(100, 4, 0), (60, 3, 2), (20, 4, 2)][index as usize % 3];
        return Just(long(index, groups, width, unknown, index < 3)).boxed();
    }
    if index.is_multiple_of(2) {
        return busy(index.is_multiple_of(4)).prop_map(|history| Long { history, known: Known::Nothing }).boxed();
    }
    let drawn = (any::<u64>(), 5u32..40, 2u32..5, 0u32..2, any::<bool>());
    drawn.prop_map(|(seed, groups, width, unknown, wrong)| long(seed, groups, width, unknown, wrong)).boxed()
}
