//! A queue: first in, first out.

use std::fmt::Display;
use std::hash::Hash;
use std::marker::PhantomData;

use super::{Ahead, AllAhead, Model};

/// Values that leave in the order in which they came, none at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Queue<V>(PhantomData<V>);

impl<V> Default for Queue<V> {
    fn default() -> Self {
        Queue(PhantomData)
    }
}

/// What is asked of a [`Queue`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QueueInput<V> {
    /// The value goes to the end.
    Enqueue(V),
    /// The value at the front leaves.
    Dequeue,
}

/// What a [`Queue`] returns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum QueueOutput<V> {
    /// Of an enqueue.
    Enqueued,
    /// Of a dequeue: what left, nothing if the queue was empty.
    Dequeued(Option<V>),
}

impl<V: Clone + Eq + Hash + Display> Model for Queue<V> {
    type Input = QueueInput<V>;
    type Output = QueueOutput<V>;
    type State = Vec<V>;
    type Key = ();

    fn key(&self, _: &Self::Input) {}

    fn init(&self) -> Vec<V> {
        Vec::new()
    }

    fn step(&self, state: &Vec<V>, input: &Self::Input, output: Option<&Self::Output>) -> Option<Vec<V>> {
        match (input, output) {
            (QueueInput::Enqueue(value), None | Some(QueueOutput::Enqueued)) => {
                let mut longer = Vec::with_capacity(state.len() + 1);
                longer.extend_from_slice(state);
                longer.push(value.clone());
                Some(longer)
            }
            (QueueInput::Dequeue, None | Some(QueueOutput::Dequeued(_))) => {
                let possible = match output {
                    Some(QueueOutput::Dequeued(seen)) => seen.as_ref() == state.first(),
                    _ => true,
                };
                possible.then(|| state.get(1..).unwrap_or_default().to_vec())
            }
            _ => None,
        }
    }

    fn label(&self, input: &Self::Input, output: Option<&Self::Output>) -> String {
        match (input, output) {
            (QueueInput::Enqueue(value), _) => format!("enqueue {value}"),
            (QueueInput::Dequeue, Some(QueueOutput::Dequeued(Some(value)))) => format!("dequeue → {value}"),
            (QueueInput::Dequeue, Some(QueueOutput::Dequeued(None))) => "dequeue → empty".to_owned(),
            (QueueInput::Dequeue, _) => "dequeue".to_owned(),
        }
    }

    fn observes(&self, _: &Self::Input, output: &Self::Output) -> bool {
        *output == QueueOutput::Dequeued(None)
    }

    /// By the time a dequeue returns, everything that stands before its value has been taken by somebody who called
    /// before.
    ///
    /// Without this, a wrong order of enqueues would be noticed only when the values leave.
    fn hopeless(&self, state: &Self::State, ahead: AllAhead<'_, '_, Self::Input, Self::Output>) -> bool {
        let mut coming = Vec::new();
        // What dequeues that were called will return, and how many will return nobody knows what.
        let (mut takers, mut anything) = (Vec::new(), 0);
        // So many of `state` have left: these by dequeues that have not returned yet, so many by nobody knows whom.
        let (mut left, mut taken, mut untaken) = (0, Vec::new(), 0);
        for event in ahead {
            let value = match event {
                Ahead::Call(QueueInput::Enqueue(value), _) => {
                    coming.push(value);
                    continue;
                }
                Ahead::Call(QueueInput::Dequeue, Some(QueueOutput::Dequeued(Some(value)))) => {
                    takers.push(value);
                    continue;
                }
                Ahead::Call(QueueInput::Dequeue, None) => {
                    anything += 1;
                    continue;
                }
                Ahead::Return(_, QueueOutput::Dequeued(value)) => value.as_ref(),
                _ => continue,
            };
            if value.is_some_and(|value| remove(&mut taken, value)) {
                continue;
            }
            let place = value.and_then(|value| state[left..].iter().position(|other| other == value));
            if place.is_none() && value.is_some_and(|value| !coming.contains(&value)) {
                return true;
            }
            if let Some(value) = value {
                remove(&mut takers, value);
            }
            let before = place.map_or(state.len(), |place| left + place);
            for other in &state[left..before] {
                if remove(&mut takers, other) {
                    taken.push(other);
                } else {
                    untaken += 1;
                }
            }
            left = if place.is_some() { before + 1 } else { before };
            if untaken > anything {
                return true;
            }
        }
        false
    }

    fn heap_bytes(&self, state: &Vec<V>) -> usize {
        size_of_val(state.as_slice())
    }
}

/// Takes one `value` out, if there is one.
fn remove<V: PartialEq>(values: &mut Vec<&V>, value: &V) -> bool {
    let place = values.iter().position(|other| *other == value);
    place.map(|place| values.swap_remove(place)).is_some()
}
