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
use sim::Local;

use crate::replicas::Replicas;

pub use contract::{Answer, Counters, GrowOnly, Request, UpAndDown};

/// The exercise, with `G` and `P` as the data types and `N` as the nodes.
pub fn exercise<G: GrowOnly, P: UpAndDown, N: Counters>() -> Exercise {
    let nodes = Replicas { nodes: |configs| Box::new(nodes::<N>(configs)) };
    let mut exercise = Exercise::in_world("ch06", "counters", nodes, promises::all());
    exercise.checks.splice(0..0, algebra::checks(algebra::play_growing::<G>, algebra::play_both::<P>));
    exercise
}

fn nodes<N: Counters>(configs: Vec<()>) -> Local<contract::Counting, N> {
    Local::new(configs, |_| ())
}
