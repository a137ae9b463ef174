//! **Counting apart.** Counters that several nodes change without asking each other, and that come out right.
//!
//! - [`contract`]: what you implement: two data types ([`GrowOnly`], [`UpAndDown`]) and the nodes that keep one of them
//!   ([`Counters`]).
//! - `algebra`: the data types alone, put through scripts of changes and joins.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.

mod algebra;
pub mod contract;
mod promises;
mod schedules;

use harness::exercise::Exercise;
use harness::processes::{self, Nodes};
use harness::serve::Service;
use sim::Local;

use crate::remote;
use crate::replicas::Replicas;

pub use contract::{Answer, Counters, GrowOnly, Request, UpAndDown};

/// The exercise, with `G` and `P` as the data types and `N` as the nodes.
pub fn exercise<G: GrowOnly, P: UpAndDown, N: Counters>() -> Exercise {
    with([algebra::play_growing::<G>, algebra::play_both::<P>], |configs| Box::new(nodes::<N>(configs)))
}

/// The exercise with every node, and every script for a data type, in a process of its own, for a judge.
pub fn remote() -> Exercise {
    with([remote::play::<0, _, _>, remote::play::<1, _, _>], remote::nodes)
}

/// What such a process serves.
pub fn serve<G: GrowOnly, P: UpAndDown, N: Counters>() -> Box<dyn Service> {
    let plays: Vec<algebra::Play> = vec![algebra::play_growing::<G>, algebra::play_both::<P>];
    Box::new(remote::Served::new(plays, processes::serve(nodes::<N>)))
}

fn nodes<N: Counters>(configs: Vec<()>) -> Local<contract::Counting, N> {
    Local::new(configs, |_| ())
}

fn with([growing, both]: [algebra::Play; 2], nodes: Nodes<contract::Counting>) -> Exercise {
    let mut exercise = Exercise::in_world("ch06", "counters", Replicas { nodes }, promises::all());
    exercise.checks.splice(0..0, algebra::checks(growing, both));
    exercise
}
