//! **There is one administrator.** Evolve a message that is shared by teams who deploy on their own days: three versions
//! of its schema are in use at the same time, and each of them reads and rewrites what the others have written.
//!
//! - [`contract`]: what you implement ([`OrderSchema`]), the message ([`Order`]) and how it may change ([`Change`]).
//! - [`document`]: what travels and is stored ([`Value`]).
//! - `peer`: what programs of every version do, in the plainest way.
//! - `paths`: where two documents differ, and who knows of that place.
//! - `faults`: documents that are no orders, each for one reason.
//! - `values`: orders and documents to put promises to the test with.
//! - `reading`, `rewriting`, `meeting`: what is checked.
//! - `promises`: the list of it.
//! - `remote`: the learner's code in processes of its own.

pub mod contract;
pub mod document;
mod faults;
mod meeting;
mod paths;
mod peer;
mod promises;
mod reading;
mod remote;
mod rewriting;
mod values;

use harness::exercise::Exercise;
use harness::serve::Service;

pub use contract::{
    Change, Delivery, Item, MAX_EXACT, NoSharedVersion, Order, OrderSchema, Presence, SchemaError, State, Version,
    Versions,
};
pub use document::{Record, Value};

/// Makes the programs.
type Make = fn() -> Box<dyn OrderSchema>;

/// The exercise, with `S` as the programs of every version.
pub fn exercise<S: OrderSchema>() -> Exercise {
    let make: Make = || Box::new(S::new());
    Exercise { chapter: "ch01", id: "schema_drift", checks: promises::all(make), figure: None }
}

/// The exercise with the programs of every question in a process of their own, for a judge.
pub fn remote() -> Exercise {
    exercise::<remote::Remote>()
}

/// What such a process serves.
pub fn serve<S: OrderSchema>() -> Box<dyn Service> {
    Box::new(remote::Served::<S>::new())
}
