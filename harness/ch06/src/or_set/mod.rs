//! **Adding and removing apart.** A set that several nodes change without asking each other: what is added wins over a removal
//! that did not know of it, what is removed stays removed, and what is gone leaves nothing behind.
//!
//! - [`contract`]: what you implement: a data type ([`ObservedRemove`]) and the nodes that keep it ([`GuestList`]).
//! - `algebra`: the data type alone, put through scripts of changes and joins.
//! - `reckoning`: what must be in a node's set and what must not, from what clients asked for.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.

mod algebra;
pub mod contract;
mod promises;
mod reckoning;
mod schedules;

use harness::exercise::Exercise;
use sim::Local;

use crate::replicas::Replicas;

pub use contract::{Answer, GuestList, ObservedRemove, Request};

/// The exercise, with `S` as the data type and `N` as the nodes.
pub fn exercise<S: ObservedRemove, N: GuestList>() -> Exercise {
    let nodes = Replicas { nodes: |configs| Box::new(nodes::<N>(configs)) };
    let mut exercise = Exercise::in_world("ch06", "or_set", nodes, promises::all());
    exercise.checks.splice(0..0, algebra::checks(algebra::play::<S>));
    exercise
}

fn nodes<N: GuestList>(configs: Vec<()>) -> Local<contract::Listing, N> {
    Local::new(configs, |_| ())
}
