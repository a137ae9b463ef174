//! A lock that one holder has at a time, and that may hand out fencing tokens.

use std::fmt::Display;
use std::hash::Hash;
use std::marker::PhantomData;

use super::Model;

/// A lock, free at first. Nobody can hold it twice, and nobody's lease ends by itself: where leases do, record the end
/// of one as a release with an unknown outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lock<H>(PhantomData<H>);

impl<H> Default for Lock<H> {
    fn default() -> Self {
        Lock(PhantomData)
    }
}

/// What is asked of a [`Lock`].
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LockInput<H> {
    /// `holder` wants it.
    Acquire {
        /// Who.
        holder: H,
    },
    /// `holder` gives it back.
    Release {
        /// Who.
        holder: H,
    },
}

/// What a [`Lock`] returns.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum LockOutput {
    /// Of an acquire: it is the caller's now. The token, where there are tokens, is greater than all before it.
    Acquired {
        /// The fencing token.
        token: Option<u64>,
    },
    /// Of an acquire: somebody holds it.
    Refused,
    /// Of a release: it is free now.
    Released,
    /// Of a release: the caller did not hold it.
    NotHeld,
}

/// What a [`Lock`] remembers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LockState<H> {
    /// Who holds it.
    pub holder: Option<H>,
    /// The next token is greater than this.
    pub last_token: Option<u64>,
}

impl<H: Clone + Eq + Hash + Display> Model for Lock<H> {
    type Input = LockInput<H>;
    type Output = LockOutput;
    type State = LockState<H>;
    type Key = ();

    fn key(&self, _: &Self::Input) {}

    fn init(&self) -> LockState<H> {
        LockState { holder: None, last_token: None }
    }

    fn step(&self, state: &LockState<H>, input: &LockInput<H>, output: Option<&LockOutput>) -> Option<LockState<H>> {
        let held_by = |holder: &H| state.holder.as_ref() == Some(holder);
        match (input, output) {
            (LockInput::Acquire { holder }, Some(LockOutput::Acquired { token })) => {
                let possible = state.holder.is_none() && (token.is_none() || *token > state.last_token);
                let last_token = token.or(state.last_token);
                possible.then(|| LockState { holder: Some(holder.clone()), last_token })
            }
            // It got some token, and the least of those it may have got forbids the fewest later ones.
            (LockInput::Acquire { holder }, None) if state.holder.is_none() => {
                let last_token = Some(state.last_token.map_or(0, |token| token.saturating_add(1)));
                Some(LockState { holder: Some(holder.clone()), last_token })
            }
            (LockInput::Acquire { .. }, None) => Some(state.clone()),
            (LockInput::Acquire { .. }, Some(LockOutput::Refused)) => state.holder.is_some().then(|| state.clone()),
            (LockInput::Release { holder }, Some(LockOutput::Released) | None) if held_by(holder) => {
                Some(LockState { holder: None, ..state.clone() })
            }
            (LockInput::Release { .. }, None) => Some(state.clone()),
            (LockInput::Release { holder }, Some(LockOutput::NotHeld)) => (!held_by(holder)).then(|| state.clone()),
            _ => None,
        }
    }

    fn label(&self, input: &LockInput<H>, output: Option<&LockOutput>) -> String {
        let answer = match output {
            None | Some(LockOutput::Released) => String::new(),
            Some(LockOutput::Acquired { token: None }) => " → ok".to_owned(),
            Some(LockOutput::Acquired { token: Some(token) }) => format!(" → token {token}"),
            Some(LockOutput::Refused) => " → refused".to_owned(),
            Some(LockOutput::NotHeld) => " → not held".to_owned(),
        };
        match input {
            LockInput::Acquire { holder } => format!("{holder} acquires{answer}"),
            LockInput::Release { holder } => format!("{holder} releases{answer}"),
        }
    }

    fn observes(&self, _: &LockInput<H>, output: &LockOutput) -> bool {
        matches!(output, LockOutput::Refused | LockOutput::NotHeld)
    }
}
