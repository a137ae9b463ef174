//! **Latency is zero.** Put a reader in front of a store that is 80 ms away, so that what its callers ask for together
//! travels together, what they ask for at the same time travels once, and what is known is not asked again.
//!
//! - [`contract`]: what you implement ([`Reader`]) and what you are given ([`Store`], [`Policy`]).
//! - `world`: schedules, and what is seen when they are played.
//! - `remote`: the store at the far end, with its faults.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.
//! - `apart`: the reader in another process.

mod apart;
pub mod contract;
mod promises;
mod remote;
mod schedules;
mod world;

use std::sync::Arc;

use harness::exercise::Exercise;
use harness::serve::Service;

pub use contract::{Answers, Key, Policy, Reader, Store, StoreError, Value};

/// The exercise, with `R` as the reader.
pub fn exercise<R: Reader>() -> Exercise {
    let make: world::Make = |store, policy| Arc::new(R::new(store, policy));
    Exercise::in_world("ch01", "chatty_reads", world::Callers { make }, promises::all())
}

/// The exercise, with the reader in a process of its own.
pub fn remote() -> Exercise {
    exercise::<apart::StandIn>()
}

/// What such a process serves, with `R` as the reader.
pub fn serve<R: Reader>() -> Box<dyn Service> {
    apart::serve::<R>()
}
