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
        // Dequeues that were called, by what they will return, and how many will return nobody knows what.
        let (mut takers, mut anything) = (Vec::new(), 0);
        // So many of `state` have left, and for so many of them no taker is known.
        let (mut left, mut untaken) = (0, 0);
        for event in ahead {
            let taken = match event {
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
                Ahead::Return(_, QueueOutput::Dequeued(taken)) => taken.as_ref(),
                _ => continue,
            };
            // Where the same value is in the queue twice, this may be the one that has been dealt with.
            if taken.is_some_and(|taken| state[..left].contains(taken)) {
                continue;
            }
            let place = taken.and_then(|taken| state[left..].iter().position(|value| value == taken));
            if place.is_none() && taken.is_some_and(|taken| !coming.contains(&taken)) {
                return true;
            }
            let until = place.map_or(state.len(), |place| left + place + 1);
            for value in &state[left..until] {
                match takers.iter().position(|taker| *taker == value) {
                    Some(taker) => drop(takers.swap_remove(taker)),
                    None => untaken += 1,
                }
            }
            left = until;
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
