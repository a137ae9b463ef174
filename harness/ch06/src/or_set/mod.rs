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
use harness::processes::{self, Nodes};
use harness::serve::Service;
use sim::Local;

use crate::remote;
use crate::replicas::Replicas;

pub use contract::{Answer, GuestList, ObservedRemove, Request};

/// The exercise, with `S` as the data type and `N` as the nodes.
pub fn exercise<S: ObservedRemove, N: GuestList>() -> Exercise {
    with(algebra::play::<S>, |configs| Box::new(nodes::<N>(configs)))
}

/// The exercise with every node, and every script for the data type, in a process of its own, for a judge.
pub fn remote() -> Exercise {
    with(remote::play::<0, _, _>, remote::nodes)
}

/// What such a process serves.
pub fn serve<S: ObservedRemove, N: GuestList>() -> Box<dyn Service> {
    let plays: Vec<algebra::Play> = vec![algebra::play::<S>];
    Box::new(remote::Served::new(plays, processes::serve(nodes::<N>)))
}

fn nodes<N: GuestList>(configs: Vec<()>) -> Local<contract::Listing, N> {
    Local::new(configs, |_| ())
}

fn with(play: algebra::Play, nodes: Nodes<contract::Listing>) -> Exercise {
    let mut exercise = Exercise::in_world("ch06", "or_set", Replicas { nodes }, promises::all());
    exercise.checks.splice(0..0, algebra::checks(play));
    exercise
}
