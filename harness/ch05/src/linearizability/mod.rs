//! **Did it look like one register?** Write the checker: given what clients saw, say whether one register could have
//! answered so.
//!
//! - [`contract`]: what you implement ([`Checker`]), what a history is ([`Operation`]) and what it costs ([`Steps`]).
//! - `histories`: histories to put promises to the test with.
//! - `oracle`: what a history is in truth, and whether an order explains it.
//! - `drawing`: a history as people see it.
//! - `schedules`: which histories put each promise to the test.
//! - `promises`: what is checked.
//! - `remote`: the learner's code in processes of its own.

pub mod contract;
mod drawing;
mod histories;
mod oracle;
mod promises;
mod remote;
mod schedules;

use harness::exercise::Exercise;
use harness::serve::Service;
use serde::{Deserialize, Serialize};

pub use contract::{Action, Checker, Operation, OutOfSteps, Outcome, Return, Steps, Verdict};

/// Has a new checker judge a history, with so many steps.
type Ask = fn(Vec<Operation>, u64) -> Said;

/// What a checker says.
#[derive(Debug, Serialize, Deserialize)]
struct Said {
    /// Nothing if the steps did not suffice.
    verdict: Option<Verdict>,
    /// How many steps were taken.
    taken: u64,
}

/// The exercise, with `C` as the checker.
pub fn exercise<C: Checker>() -> Exercise {
    asked_by(remote::answer::<C>)
}

/// The exercise with every checker in a process of its own, for a judge.
pub fn remote() -> Exercise {
    asked_by(remote::ask)
}

/// What such a process serves.
pub fn serve<C: Checker>() -> Box<dyn Service> {
    Box::new(remote::Served(remote::answer::<C>))
}

fn asked_by(ask: Ask) -> Exercise {
    Exercise { chapter: "ch05", id: "linearizability", checks: promises::all(ask), figure: None }
}
