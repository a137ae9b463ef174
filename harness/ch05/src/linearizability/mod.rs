//! **Did it look like one register?** Write the checker: given what clients saw, say whether one register could have
//! answered so.
//!
//! - [`contract`]: what you implement ([`Checker`]), what a history is ([`Operation`]) and what it costs ([`Steps`]).
//! - `histories`: histories to put promises to the test with.
//! - `oracle`: what a history is in truth, and whether an order explains it.
//! - `drawing`: a history as people see it.
//! - `schedules`: which histories put each promise to the test.
//! - `promises`: what is checked.

pub mod contract;
mod drawing;
mod histories;
mod oracle;
mod promises;
mod schedules;

use harness::exercise::Exercise;

pub use contract::{Action, Checker, Operation, OutOfSteps, Outcome, Return, Steps, Verdict};

/// Makes the checker.
type Make = fn() -> Box<dyn Checker>;

/// The exercise, with `C` as the checker.
pub fn exercise<C: Checker>() -> Exercise {
    let make: Make = || Box::new(C::new());
    Exercise { chapter: "ch05", id: "linearizability", checks: promises::all(make), figure: None }
}
