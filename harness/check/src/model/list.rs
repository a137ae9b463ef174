//! A list that grows at its end: a log, a topic, a transaction's workload in Elle (Kingsbury and Alvaro 2020), whose
//! authors chose it because a read of it tells the whole order of the writes.

use std::fmt::Display;
use std::hash::Hash;
use std::marker::PhantomData;

use super::{Ahead, AllAhead, COMPARISONS, LOOK_AHEAD, Model};

/// Values in the order in which they were appended, none at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct List<V>(PhantomData<V>);

impl<V> Default for List<V> {
    fn default() -> Self {
        List(PhantomData)
    }
}

/// What is asked of a [`List`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListInput<V> {
    /// The value comes last.
    Append(V),
    /// All values.
    Read,
}

/// What a [`List`] returns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ListOutput<V> {
    /// Of an append.
    Appended,
    /// Of a read: the values, in order.
    Values(Vec<V>),
}

impl<V: Clone + Eq + Hash + Display> Model for List<V> {
    type Input = ListInput<V>;
    type Output = ListOutput<V>;
    type State = Vec<V>;
    type Key = ();

    fn key(&self, _: &Self::Input) {}

    fn init(&self) -> Vec<V> {
        Vec::new()
    }

    fn step(&self, state: &Vec<V>, input: &Self::Input, output: Option<&Self::Output>) -> Option<Vec<V>> {
        match (input, output) {
            (ListInput::Read, None) => Some(state.clone()),
            (ListInput::Read, Some(ListOutput::Values(seen))) => (seen == state).then(|| state.clone()),
            (ListInput::Append(value), None | Some(ListOutput::Appended)) => {
                let mut longer = Vec::with_capacity(state.len() + 1);
                longer.extend_from_slice(state);
                longer.push(value.clone());
                Some(longer)
            }
            _ => None,
        }
    }

    fn label(&self, input: &Self::Input, output: Option<&Self::Output>) -> String {
        match (input, output) {
            (ListInput::Append(value), _) => format!("append {value}"),
            (ListInput::Read, Some(ListOutput::Values(values))) => {
                let values: Vec<String> = values.iter().map(V::to_string).collect();
                format!("read → [{}]", values.join(" "))
            }
            (ListInput::Read, _) => "read".to_owned(),
        }
    }

    fn observes(&self, _: &Self::Input, output: &Self::Output) -> bool {
        matches!(output, ListOutput::Values(_))
    }

    fn notices(&self, _: &Self::Input, output: Option<&Self::Output>, guess: &Self::Input) -> bool {
        match (output, guess) {
            (Some(ListOutput::Values(seen)), ListInput::Append(value)) => seen.last() == Some(value),
            _ => true,
        }
    }

    /// What the next reads return must be there already or be on its way.
    fn hopeless(&self, state: &Self::State, ahead: AllAhead<'_, '_, Self::Input, Self::Output>) -> bool {
        let (mut appended, mut reads) = (Vec::new(), 0);
        let mut comparisons = COMPARISONS;
        for event in ahead {
            match event {
                Ahead::Call(ListInput::Append(value), _) => appended.push(value),
                Ahead::Return(_, ListOutput::Values(seen)) => {
                    let Some(rest) = seen.strip_prefix(state.as_slice()) else { return true };
                    let within = rest.len().min(comparisons / appended.len().max(1));
                    if !rest[..within].iter().all(|value| appended.contains(&value)) {
                        return true;
                    }
                    comparisons -= within * appended.len();
                    reads += 1;
                }
                _ => {}
            }
            if reads == LOOK_AHEAD {
                break;
            }
        }
        false
    }

    fn heap_bytes(&self, state: &Vec<V>) -> usize {
        size_of_val(state.as_slice())
    }
}
