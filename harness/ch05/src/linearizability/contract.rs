//! What you implement, and what a history is.

use std::fmt;

use serde::{Deserialize, Serialize};

// ANCHOR: history
/// What a client asks of the register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Action {
    /// What is in it?
    Read,
    /// From now on this is in it.
    Write(u32),
    /// Compare and set: if `from` is in it, from now on `to` is; otherwise it stays as it is.
    Cas {
        /// What has to be there.
        from: u32,
        /// What takes its place.
        to: u32,
    },
}

/// What came back. It is of the kind that belongs to the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Outcome {
    /// Of a read: what was in it. At first that is nothing, `None`.
    Value(Option<u32>),
    /// Of a write.
    Written,
    /// Of a compare-and-set: whether `from` was in it, and so whether `to` is now.
    Swapped(bool),
}

/// An operation's return.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Return {
    /// When it was.
    pub at: u64,
    /// What came back.
    pub outcome: Outcome,
}

/// One operation of a history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Operation {
    /// Whose it is. The operations of a client follow one another; nothing comes after one that has not returned.
    pub client: u16,
    /// What was asked for.
    pub action: Action,
    /// When it was called.
    pub called: u64,
    /// Its return, which is later than its call. Nothing if it never returned: then it is *pending*.
    pub returned: Option<Return>,
}
// ANCHOR_END: history

// ANCHOR: checker
/// What a history is found to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Verdict {
    /// It is linearizable, and this order shows it: operations by their places in the history, the first one first.
    Linearizable(Vec<usize>),
    /// There is no such order.
    NotLinearizable,
}

/// A checker of histories of one register.
///
/// An order *explains* a history if
///
/// - every operation that returned is in it once, and of the pending ones those you like, each at most once;
/// - it respects real time: an operation that returned *before* another was called stands before it. A return and a call at
///   the same time overlap, and may stand in either order;
/// - and every operation in it returned what it would return if they took place one by one in this order, on a register
///   with nothing in it at first. A pending one may return anything.
///
/// A history is linearizable if there is such an order (Herlihy and Wing 1990).
pub trait Checker: Send + Sync + 'static {
    /// A checker keeps no state between histories.
    fn new() -> Self
    where
        Self: Sized;

    /// Judges a history, whose operations are in the order of their calls. An empty one is linearizable.
    ///
    /// Whenever you try whether an operation can come next, with some value in the register, [take](Steps::take) a step
    /// first. You get `2 * n * c * 2^c` of them, and at least 1,000, where `n` is how many operations the history has and `c` how
    /// many of them are under way at once at most (pending ones are under way for ever). Histories have up to 600
    /// operations, with `c` up to 7. Whoever never looks at the same situation twice needs a fraction of that.
    ///
    /// # Errors
    ///
    /// The steps did not suffice, and so nothing is known.
    fn check(&self, history: Vec<Operation>, steps: &mut Steps) -> Result<Verdict, OutOfSteps>;
}
// ANCHOR_END: checker

/// How much a checker may try.
#[derive(Debug)]
pub struct Steps {
    taken: u64,
    most: u64,
}

impl Steps {
    /// So many. Nobody but the harness makes steps, so whoever is given some can't give itself more.
    pub(super) fn up_to(most: u64) -> Self {
        Steps { taken: 0, most }
    }

    /// Takes one.
    ///
    /// # Errors
    ///
    /// There was none left.
    pub fn take(&mut self) -> Result<(), OutOfSteps> {
        if self.taken == self.most {
            return Err(OutOfSteps);
        }
        self.taken += 1;
        Ok(())
    }

    /// How many were taken.
    pub fn taken(&self) -> u64 {
        self.taken
    }
}

/// All steps were taken and there was no verdict yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutOfSteps;

impl fmt::Display for OutOfSteps {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the steps did not suffice for a verdict")
    }
}

impl std::error::Error for OutOfSteps {}

impl fmt::Display for Operation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.action {
            Action::Read => out.write_str("read")?,
            Action::Write(value) => write!(out, "write {value}")?,
            Action::Cas { from, to } => write!(out, "cas {from} to {to}")?,
        }
        match self.returned.map(|returned| returned.outcome) {
            None | Some(Outcome::Written) => Ok(()),
            Some(Outcome::Value(None)) => out.write_str(" → nil"),
            Some(Outcome::Value(Some(value))) => write!(out, " → {value}"),
            Some(Outcome::Swapped(true)) => out.write_str(" → ok"),
            Some(Outcome::Swapped(false)) => out.write_str(" → failed"),
        }
    }
}
