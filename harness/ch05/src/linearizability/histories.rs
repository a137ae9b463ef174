//! Histories to put promises to the test with.
//!
//! A drawn one is made from the inside out. Operations take effect one after another on a register, at instants ten units
//! apart, and each is seen in an interval round its instant. So it is linearizable, until one answer is changed.

use std::fmt;

use proptest::arbitrary::any;
use proptest::collection::vec;
use proptest::prop_oneof;
use proptest::strategy::{BoxedStrategy, Just, Strategy};
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};
use sim::Random;

use super::contract::{Action, Operation, Outcome, Return};
use super::drawing;

/// A history, in the order of its calls.
#[derive(Clone, Debug, PartialEq)]
pub struct History(pub Vec<Operation>);

impl fmt::Display for History {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&drawing::drawn(&self.0))
    }
}

impl History {
    /// Puts the operations in order and gives them to as few clients as can have made them.
    pub fn of(mut operations: Vec<Operation>) -> Self {
        operations.sort_by_key(|operation| operation.called);
        // When each client is free again; a client whose operation is pending never is.
        let mut free: Vec<Option<u64>> = Vec::new();
        for operation in &mut operations {
            let until = operation.returned.map(|returned| returned.at);
            let client = free.iter().position(|free| free.is_some_and(|at| at <= operation.called));
            let client = client.unwrap_or_else(|| {
                free.push(None);
                free.len() - 1
            });
            free[client] = until;
            operation.client = client as u16 + 1;
        }
        History(operations)
    }

    /// How many operations are under way at once at most.
    pub fn width(&self) -> usize {
        let under_way = |at: u64| {
            let open = |operation: &&Operation| {
                operation.called <= at && operation.returned.is_none_or(|returned| at <= returned.at)
            };
            self.0.iter().take_while(|operation| operation.called <= at).filter(open).count()
        };
        self.0.iter().map(|operation| under_way(operation.called)).max().unwrap_or(0)
    }
}

fn operation(action: Action, called: u64, returned: Option<Return>) -> Operation {
    Operation { client: 0, action, called, returned }
}

/// From when to when.
pub type When = (u64, u64);

pub fn read(value: impl Into<Option<u32>>, (called, at): When) -> Operation {
    operation(Action::Read, called, Some(Return { at, outcome: Outcome::Value(value.into()) }))
}

pub fn write(value: u32, (called, at): When) -> Operation {
    operation(Action::Write(value), called, Some(Return { at, outcome: Outcome::Written }))
}

pub fn cas(from: u32, to: u32, swapped: bool, (called, at): When) -> Operation {
    operation(Action::Cas { from, to }, called, Some(Return { at, outcome: Outcome::Swapped(swapped) }))
}

/// An operation that never returns.
pub fn pending(action: Action, called: u64) -> Operation {
    operation(action, called, None)
}

/// What kind of histories to draw.
#[derive(Clone, Copy, Debug)]
pub struct Kind {
    /// How many operations, at least and at most.
    pub operations: (usize, usize),
    /// How long before and after its instant an operation is seen, at most. Instants lie ten units apart.
    pub spread: u64,
    /// Whether there are compare-and-sets.
    pub cas: bool,
    /// Of a hundred operations, how many never return.
    pub pending: u32,
    /// Whether calls and returns may happen at the same time.
    pub touch: bool,
}

impl Kind {
    /// Up to seven overlapping reads and writes.
    pub const PLAIN: Kind = Kind { operations: (2, 7), spread: 24, cas: false, pending: 0, touch: false };
}

/// An operation before it is seen: what, how long before and after its instant, and whether it never returns (and then
/// whether it takes effect).
type Planned = (Action, u64, u64, Option<bool>);

fn action(cas: bool) -> BoxedStrategy<Action> {
    let value = || 1u32..4;
    let cases = (value(), value()).prop_map(|(from, to)| Action::Cas { from, to });
    let plain = prop_oneof![3 => Just(Action::Read), 2 => value().prop_map(Action::Write)];
    if cas { prop_oneof![5 => plain, 3 => cases].boxed() } else { plain.boxed() }
}

/// Histories of this kind, about half of them with one answer changed.
pub fn drawn(kind: Kind) -> BoxedStrategy<History> {
    let fate = (0u32..100, any::<bool>()).prop_map(move |(roll, takes)| (roll < kind.pending).then_some(takes));
    let planned = (action(kind.cas), 1..=kind.spread, 1..=kind.spread, fate);
    let plans = vec(planned, kind.operations.0..=kind.operations.1);
    let change = proptest::option::of((any::<proptest::sample::Index>(), 0u32..4));
    (plans, change)
        .prop_map(move |(plans, change)| {
            let mut operations = played(&plans, kind.touch);
            if let Some((index, value)) = change {
                let place = index.index(operations.len());
                change_answer(&mut operations[place], value);
            }
            History::of(operations)
        })
        .boxed()
}

/// One operation after another takes effect.
fn played(plans: &[Planned], touch: bool) -> Vec<Operation> {
    let mut value = None;
    let mut operations = Vec::new();
    for (number, (action, before, after, fate)) in plans.iter().enumerate() {
        let outcome = outcome(*action, value);
        if *fate != Some(false) {
            value = after_effect(*action, value);
        }
        let instant = 30 + 10 * number as u64;
        // Calls at even times and returns at odd ones never touch.
        let (called, at) = (2 * (instant - before), 2 * (instant + after) + u64::from(!touch));
        let returned = fate.is_none().then_some(Return { at, outcome });
        operations.push(operation(*action, called, returned));
    }
    operations
}

fn outcome(action: Action, value: Option<u32>) -> Outcome {
    match action {
        Action::Read => Outcome::Value(value),
        Action::Write(_) => Outcome::Written,
        Action::Cas { from, .. } => Outcome::Swapped(value == Some(from)),
    }
}

fn after_effect(action: Action, value: Option<u32>) -> Option<u32> {
    match action {
        Action::Write(written) => Some(written),
        Action::Cas { from, to } if value == Some(from) => Some(to),
        Action::Cas { .. } | Action::Read => value,
    }
}

fn change_answer(operation: &mut Operation, value: u32) {
    let Some(returned) = &mut operation.returned else { return };
    match &mut returned.outcome {
        Outcome::Value(seen) => *seen = (value > 0).then_some(value),
        Outcome::Swapped(swapped) => *swapped = !*swapped,
        Outcome::Written => {}
    }
}

/// Histories of up to 120 operations in which anything may be, and that are not harder than the contract says. They are
/// not made smaller: where one fails a small one does so too, and judging a thousand of them again takes a minute.
pub fn busy(touch: bool) -> BoxedStrategy<History> {
    let kind = Kind { operations: (60, 120), spread: 18, cas: true, pending: 2, touch };
    drawn(kind).prop_filter("too many operations at once", |history| history.width() <= 7).no_shrink().boxed()
}

/// A long history.
#[derive(Clone, Debug)]
pub struct Long {
    pub history: History,
    pub known: Known,
}

/// What is known of a long history by the way it is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// It is linearizable.
    Right,
    /// The read at this place returns what was overwritten long before.
    Wrong(usize),
    /// Nothing.
    Nothing,
}

impl fmt::Display for Long {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.history.fmt(out)
    }
}

/// `groups` times, `width` clients write at the same time, and then there are two reads. `unknown` writes of the beginning
/// never return, and nobody sees what they write. If it is to be `wrong`, both reads of the last group but one return a value
/// of the group but one before them.
pub fn long(seed: u64, groups: u32, width: u32, unknown: u32, wrong: bool) -> Long {
    let mut random = Random::seed_from_u64(seed);
    let unseen = |number| pending(Action::Write(1_000_000 + number), u64::from(number));
    let mut operations: Vec<Operation> = (0..unknown).map(unseen).collect();
    for group in 0..groups {
        let begins = 100 + 50 * u64::from(group);
        let mut values: Vec<u32> = (0..width).map(|number| group * width + number).collect();
        for value in &values {
            let (called, at) = (random.random_range(0..5), random.random_range(10..15));
            operations.push(write(*value, (begins + called, begins + at)));
        }
        values.shuffle(&mut random);
        let value = if wrong && group + 2 == groups { values[0] - 2 * width } else { values[0] };
        operations.extend([20, 30].map(|after| read(value, (begins + after, begins + after + 5))));
    }
    let history = History::of(operations);
    // The last group begins with its writes; two reads stand before them.
    let last_but_one = history.0.len() - 2 * (width as usize + 2) + width as usize;
    Long { history, known: if wrong { Known::Wrong(last_but_one) } else { Known::Right } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_go_to_as_few_clients_as_can_have_made_them() {
        let history =
            History::of(vec![read(1, (12, 20)), write(1, (0, 10)), pending(Action::Read, 5), read(1, (15, 30))]);
        let clients: Vec<u16> = history.0.iter().map(|operation| operation.client).collect();
        assert_eq!(clients, [1, 2, 1, 3]);
    }

    #[test]
    fn the_width_counts_what_touches_and_what_never_returned() {
        let width = |operations| History::of(operations).width();
        assert_eq!(width(vec![]), 0);
        assert_eq!(width(vec![write(1, (0, 10)), read(1, (11, 20))]), 1);
        assert_eq!(width(vec![write(1, (0, 10)), read(1, (10, 20))]), 2);
        assert_eq!(width(vec![pending(Action::Write(1), 0), write(2, (5, 10)), read(1, (15, 20))]), 2);
    }
}
