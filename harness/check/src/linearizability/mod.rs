//! Whether a history looks as if every operation had taken effect at one instant between its call and its return
//! (Herlihy and Wing 1990).
//!
//! The question is NP-complete, so a checker that always answers may take for ever. This one has three answers, and it
//! counts steps and bytes instead of seconds: the same history gets the same answer on every machine.
//!
//! Each key is judged by itself (Herlihy and Wing's locality; Horn and Kroening 2015 use it for checking), and the keys
//! take turns with growing budgets. One after another would not do: one hard key can eat all memory while the violation
//! sits, easy to find, in the next.
//!
//! ```
//! use check::linearizability::{self, Limits, Verdict};
//! use check::model::{Register, RegisterInput, RegisterOutput};
//! use check::{Client, History};
//!
//! let mut history = History::new();
//! let write = history.invoke(0, Client(1), RegisterInput::Write(1));
//! history.complete(10, write, RegisterOutput::Written);
//! let read = history.invoke(20, Client(2), RegisterInput::Read);
//! history.complete(30, read, RegisterOutput::Value(None));
//!
//! match linearizability::check(&Register::default(), &history, Limits::default()) {
//!     Verdict::NotLinearizable(why) => {
//!         assert_eq!(why.culprit().label, "read → nil");
//!         assert_eq!(why.in_words(), "c2's `read → nil` fits nowhere behind `write 1`");
//!     }
//!     verdict => panic!("{verdict:?}"),
//! }
//! ```

mod counterexample;
mod intern;
mod search;
mod seen;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeMap;

pub use self::counterexample::{Counterexample, Interval};
pub(crate) use self::intern::Hashing;
use self::search::{Progress, Search};
use crate::history::{History, OperationId, Outcome};
use crate::model::Model;

/// When a search gives up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// A step is one operation tried in one state; a million take a fraction of a second.
    pub steps: u64,
    /// What all searches of a check hold together, by their own, generous account.
    pub memory_bytes: usize,
}

impl Default for Limits {
    /// 5 million steps, 160 MB.
    fn default() -> Self {
        Limits { steps: 5_000_000, memory_bytes: 160 << 20 }
    }
}

/// What became of a check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// There is an order that respects real time and in which every answer is right.
    Linearizable(Linearization),
    /// There is none.
    NotLinearizable(Box<Counterexample>),
    /// The limits came first.
    Undecided {
        /// Steps taken until then.
        steps: u64,
    },
}

impl Verdict {
    /// Whether an order was found. Undecided is not a yes.
    pub fn is_linearizable(&self) -> bool {
        matches!(self, Verdict::Linearizable(_))
    }
}

/// An order of the operations that explains what was seen: those that returned, and as many of unknown outcome as it
/// takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Linearization {
    /// One order for each key, in the order of the keys.
    pub keys: Vec<Vec<OperationId>>,
}

/// Judges a history.
pub fn check<M: Model>(model: &M, history: &History<M::Input, M::Output>, limits: Limits) -> Verdict {
    let keys = split(model, history);
    match race(model, history, &keys, history.moments(), limits) {
        Race::Linearizable(keys) => Verdict::Linearizable(Linearization { keys }),
        Race::Undecided { steps } => Verdict::Undecided { steps },
        Race::Violated { key, reached } => {
            let found = counterexample::shortest(model, history, &keys, (key, reached), limits);
            Verdict::NotLinearizable(Box::new(found))
        }
    }
}

/// The operations of each key, in the order of their calls.
fn split<M: Model>(model: &M, history: &History<M::Input, M::Output>) -> Vec<Vec<OperationId>> {
    let mut keys: BTreeMap<M::Key, Vec<OperationId>> = BTreeMap::new();
    for (place, operation) in history.operations().iter().enumerate() {
        if !matches!(operation.outcome, Outcome::Failed) {
            keys.entry(model.key(&operation.input)).or_default().push(OperationId(place));
        }
    }
    keys.into_values().collect()
}

/// How a race of the keys ended.
enum Race {
    /// Every key has an order.
    Linearizable(Vec<Vec<OperationId>>),
    /// A key has none. Up to the moment number `reached` it has one.
    Violated { key: usize, reached: usize },
    /// No violation was found within the limits, and not every key has an order yet.
    Undecided { steps: u64 },
}

/// Searches all keys in turns, up to the moment number `end`, until one of them has no order.
fn race<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    keys: &[Vec<OperationId>],
    end: usize,
    limits: Limits,
) -> Race {
    const FIRST_TURN_STEPS: u64 = 2_000;
    let mut searches: Vec<_> = keys.iter().map(|key| Some(Search::new(model, history, key, end))).collect();
    let mut orders = vec![None; keys.len()];
    let (mut steps, mut turn) = (0, FIRST_TURN_STEPS);
    while searches.iter().any(Option::is_some) && steps < limits.steps {
        for key in 0..keys.len() {
            let held: usize = searches.iter().flatten().map(Search::bytes).sum();
            let Some(search) = &mut searches[key] else { continue };
            let before = search.steps();
            let memory_bytes = (limits.memory_bytes + search.bytes()).saturating_sub(held);
            let progress = search.run(turn.min(limits.steps.saturating_sub(steps)), memory_bytes);
            steps += search.steps() - before;
            match progress {
                Progress::OutOfSteps => {}
                Progress::None => return Race::Violated { key, reached: search.reached() },
                Progress::Found => {
                    orders[key] = Some(search.order());
                    searches[key] = None;
                }
                // The others may still find a violation. Whoever holds most makes room for them.
                Progress::OutOfMemory => {
                    let largest = searches.iter_mut().max_by_key(|search| search.as_ref().map_or(0, Search::bytes));
                    *largest.expect("the search that ran is one of them") = None;
                }
            }
        }
        turn *= 2;
    }
    match orders.into_iter().collect() {
        Some(orders) => Race::Linearizable(orders),
        None => Race::Undecided { steps },
    }
}
