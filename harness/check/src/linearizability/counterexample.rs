//! The shortest prefix of a history that has no linearization.
//!
//! Every prefix of a linearizable history is linearizable, so there is one return that makes the difference: with it the
//! history so far has no order, without it there still is one. That is where a reader should look. What happened later,
//! and what other keys saw, is left out.

use super::search::{Progress, Search};
use super::{Limits, Race, race};
use crate::history::{Client, History, Moment, OperationId};
use crate::model::Model;

/// Why a history is not linearizable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// The operations of one key that were called before the culprit returned, in the order of their calls.
    pub operations: Vec<Interval>,
    /// The operation with whose return no order is left, as a place in `operations`.
    pub culprit: usize,
    /// An order that explains everything before that return, as places in `operations`. Of operations with an unknown
    /// outcome it has only what it needs, and the culprit only if that could have answered something else.
    pub order: Vec<usize>,
    /// Whether no shorter prefix of the whole history is without an order. Only where the limits came first, a shorter
    /// one may exist.
    pub shortest: bool,
}

/// An operation as an interval of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interval {
    /// Which operation of the history.
    pub id: OperationId,
    /// Who called.
    pub client: Client,
    /// What, and what it returned, in a few words.
    pub label: String,
    /// When it was called.
    pub invoked: Moment,
    /// When it returned. None if it had not by the time the culprit returned: then it may take effect later or never.
    pub returned: Option<Moment>,
}

impl Counterexample {
    /// The operation that fits nowhere.
    pub fn culprit(&self) -> &Interval {
        &self.operations[self.culprit]
    }

    /// What is wrong, in half a sentence.
    pub fn in_words(&self) -> String {
        const TOLD: usize = 5;
        let Interval { client, label, .. } = self.culprit();
        let told: Vec<_> = self.order.iter().filter(|place| **place != self.culprit).collect();
        let left_out = told.len().saturating_sub(TOLD);
        let label = shortened(label);
        let told: Vec<String> =
            told[left_out..].iter().map(|place| format!("`{}`", shortened(&self.operations[**place].label))).collect();
        let behind = match (told.as_slice(), left_out) {
            ([], _) => return format!("{client}'s `{label}` fits nowhere: nothing that was called before explains it"),
            (told, 0) => told.join(", "),
            (told, _) => format!("…, {}", told.join(", ")),
        };
        format!("{client}'s `{label}` fits nowhere behind {behind}")
    }
}

/// A label that still fits into a sentence.
fn shortened(label: &str) -> String {
    const ROOM: usize = 48;
    let length = label.chars().count();
    if length <= ROOM {
        return label.to_owned();
    }
    // Of two long strings, it is most often the end that differs.
    let head: String = label.chars().take(ROOM / 2).collect();
    let tail: String = label.chars().skip(length - ROOM / 2 + 1).collect();
    format!("{head}…{tail}")
}

/// A violation that was found: which key, and up to which moment it still had an order.
type Found = (usize, usize);

/// The counterexample with the earliest culprit.
pub(super) fn shortest<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    keys: &[Vec<OperationId>],
    (mut key, mut reached): Found,
    limits: Limits,
) -> Counterexample {
    let mut end = history.moments();
    let mut shortest = true;
    loop {
        let narrowed = Narrowing { model, history, operations: &keys[key], limits, steps: limits.steps, exact: true }
            .narrow(end, reached);
        shortest &= narrowed.exact;
        // Another key may be broken earlier.
        end = narrowed.end;
        match race(model, history, keys, end, limits) {
            Race::Violated { key: other, .. } if other == key && narrowed.exact => {
                unreachable!("the key was just found to have an order up to there")
            }
            Race::Violated { key: earlier, reached: up_to } => {
                shortest = true;
                (key, reached) = (earlier, up_to);
            }
            race => {
                shortest &= matches!(race, Race::Linearizable(_));
                return counterexample(model, history, &keys[key], &narrowed, shortest);
            }
        }
    }
}

/// The search for the return that makes the difference, in one key.
struct Narrowing<'a, M: Model> {
    model: &'a M,
    history: &'a History<M::Input, M::Output>,
    operations: &'a [OperationId],
    limits: Limits,
    steps: u64,
    exact: bool,
}

/// Where it is.
struct Narrowed {
    culprit: OperationId,
    /// The moment of its return. Right before that there is this order.
    end: usize,
    order: Vec<OperationId>,
    /// Whether that is so. Otherwise the limits came first, and the order may be missing.
    exact: bool,
}

impl<M: Model> Narrowing<'_, M> {
    /// There is no order of what happens before `end`, and one of what happens before `reached`.
    fn narrow(mut self, end: usize, reached: usize) -> Narrowed {
        let mut returns: Vec<(usize, OperationId)> = self
            .operations
            .iter()
            .filter_map(|&id| self.history.operation(id).returned().map(|at| (at.place, id)))
            .filter(|(place, _)| *place < end)
            .collect();
        returns.sort_unstable_by_key(|(place, _)| *place);
        let nth = |place: usize| returns.partition_point(|(other, _)| *other < place);
        // The culprit is one of `low..=high`. It is most often near where the search got stuck: strides from there.
        let (mut low, mut high, mut stride) = (nth(reached), returns.len() - 1, 1);
        while low < high {
            let probe = (low + stride - 1).min((low + high) / 2);
            match self.search(returns[probe].0 + 1) {
                (Progress::None, search) => {
                    high = probe;
                    low = low.max(nth(search.reached()));
                }
                (progress, _) => {
                    self.exact &= progress == Progress::Found;
                    low = probe + 1;
                }
            }
            stride *= 2;
        }
        let (end, culprit) = returns[high];
        let (progress, search) = self.search(end);
        let order = if progress == Progress::Found { search.order() } else { Vec::new() };
        let order = self.without_the_needless(order, end);
        Narrowed { culprit, end, order, exact: self.exact && progress == Progress::Found }
    }

    /// The order without those operations of unknown outcome that it is right without: an explanation says no more than
    /// it must.
    fn without_the_needless(&self, mut order: Vec<OperationId>, end: usize) -> Vec<OperationId> {
        for place in (0..order.len()).rev() {
            if self.output(order[place], end).is_none() {
                let id = order.remove(place);
                if !self.is_right(&order, end) {
                    order.insert(place, id);
                }
            }
        }
        order
    }

    /// Whether every answer before `end` is right if operations take effect in this order.
    fn is_right(&self, order: &[OperationId], end: usize) -> bool {
        let mut state = self.model.init();
        order.iter().all(|&id| {
            let next = self.model.step(&state, &self.history.operation(id).input, self.output(id, end));
            next.map(|next| state = next).is_some()
        })
    }

    /// What an operation had returned before `end`.
    fn output(&self, id: OperationId, end: usize) -> Option<&M::Output> {
        let operation = self.history.operation(id);
        operation.output().filter(|_| operation.returned().is_some_and(|at| at.place < end))
    }

    fn search(&mut self, end: usize) -> (Progress, Search<'_, M>) {
        let mut search = Search::new(self.model, self.history, self.operations, end);
        let progress = search.run(self.steps, self.limits.memory_bytes);
        self.steps = self.steps.saturating_sub(search.steps());
        (progress, search)
    }
}

/// The narrowed history, in words.
fn counterexample<M: Model>(
    model: &M,
    history: &History<M::Input, M::Output>,
    operations: &[OperationId],
    Narrowed { culprit, end, order, .. }: &Narrowed,
    shortest: bool,
) -> Counterexample {
    let called: Vec<OperationId> =
        operations.iter().copied().filter(|id| history.operation(*id).invoked.place <= *end).collect();
    let place = |id: &OperationId| called.binary_search(id).expect("it was called before the end");
    let interval = |&id: &OperationId| {
        let operation = history.operation(id);
        let returned = operation.returned().filter(|at| at.place <= *end);
        let output = operation.output().filter(|_| returned.is_some());
        let label = model.label(&operation.input, output);
        Interval { id, client: operation.client, label, invoked: operation.invoked, returned }
    };
    Counterexample {
        operations: called.iter().map(interval).collect(),
        culprit: place(culprit),
        order: order.iter().map(place).collect(),
        shortest,
    }
}
