//! A register, with the operations that real stores offer on one key.

use std::fmt::Display;
use std::hash::Hash;
use std::marker::PhantomData;

use super::{Ahead, AllAhead, COMPARISONS, LOOK_AHEAD, Model};

/// One value, initially none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Register<V>(PhantomData<V>);

impl<V> Default for Register<V> {
    fn default() -> Self {
        Register(PhantomData)
    }
}

/// What is asked of a [`Register`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RegisterInput<V> {
    /// The value.
    Read,
    /// From now on the value is this.
    Write(V),
    /// If the value is `from`, from now on it is `to`.
    Cas {
        /// What has to be there.
        from: V,
        /// What takes its place.
        to: V,
    },
}

/// What a [`Register`] returns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum RegisterOutput<V> {
    /// Of a read: the value, none if nothing was written yet.
    Value(Option<V>),
    /// Of a write.
    Written,
    /// Of a compare-and-set: whether `from` was there.
    Swapped(bool),
}

impl<V: Clone + Eq + Hash + Display> Model for Register<V> {
    type Input = RegisterInput<V>;
    type Output = RegisterOutput<V>;
    type State = Option<V>;
    type Key = ();

    fn key(&self, _: &Self::Input) {}

    fn init(&self) -> Option<V> {
        None
    }

    fn step(&self, state: &Option<V>, input: &Self::Input, output: Option<&Self::Output>) -> Option<Option<V>> {
        use RegisterOutput::{Swapped, Value, Written};
        match (input, output) {
            (RegisterInput::Read, None) => Some(state.clone()),
            (RegisterInput::Read, Some(Value(seen))) => (seen == state).then(|| state.clone()),
            (RegisterInput::Write(value), None | Some(Written)) => Some(Some(value.clone())),
            (RegisterInput::Cas { from, to }, None | Some(Swapped(_))) => {
                let swaps = state.as_ref() == Some(from);
                let possible = output.is_none_or(|output| *output == Swapped(swaps));
                possible.then(|| if swaps { Some(to.clone()) } else { state.clone() })
            }
            _ => None,
        }
    }

    fn label(&self, input: &Self::Input, output: Option<&Self::Output>) -> String {
        let answer = match output {
            None | Some(RegisterOutput::Written) => String::new(),
            Some(RegisterOutput::Value(None)) => " → nil".to_owned(),
            Some(RegisterOutput::Value(Some(value))) => format!(" → {value}"),
            Some(RegisterOutput::Swapped(true)) => " → ok".to_owned(),
            Some(RegisterOutput::Swapped(false)) => " → failed".to_owned(),
        };
        match input {
            RegisterInput::Read => format!("read{answer}"),
            RegisterInput::Write(value) => format!("write {value}{answer}"),
            RegisterInput::Cas { from, to } => format!("cas {from} to {to}{answer}"),
        }
    }

    fn observes(&self, _: &Self::Input, output: &Self::Output) -> bool {
        matches!(output, RegisterOutput::Value(_) | RegisterOutput::Swapped(false))
    }

    fn notices(&self, input: &Self::Input, output: Option<&Self::Output>, guess: &Self::Input) -> bool {
        let (RegisterInput::Write(value) | RegisterInput::Cas { to: value, .. }) = guess else { return false };
        match (input, output) {
            (RegisterInput::Read, Some(RegisterOutput::Value(seen))) => seen.as_ref() == Some(value),
            (RegisterInput::Read | RegisterInput::Write(_), _) => false,
            (RegisterInput::Cas { from, .. }, Some(RegisterOutput::Swapped(false))) => from != value,
            (RegisterInput::Cas { from, .. }, _) => from == value,
        }
    }

    /// What the next reads return must be there or be on its way.
    fn hopeless(&self, state: &Self::State, ahead: AllAhead<'_, '_, Self::Input, Self::Output>) -> bool {
        let (mut coming, mut reads, mut comparisons) = (Vec::new(), 0, 0);
        for event in ahead {
            match event {
                Ahead::Call(_, Some(RegisterOutput::Swapped(false))) => {}
                Ahead::Call(RegisterInput::Write(value) | RegisterInput::Cas { to: value, .. }, _) => {
                    coming.push(value)
                }
                Ahead::Return(_, RegisterOutput::Value(seen)) => {
                    if seen != state && !seen.as_ref().is_some_and(|seen| coming.contains(&seen)) {
                        return true;
                    }
                    reads += 1;
                    comparisons += coming.len();
                }
                _ => {}
            }
            if reads == LOOK_AHEAD || comparisons > COMPARISONS {
                break;
            }
        }
        false
    }
}
