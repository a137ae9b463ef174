//! **Why we build them.** Scatter the tasks of a job over many workers, some of them slow and some of them dying, and
//! gather a result in which every task counts once.
//!
//! - [`contract`]: what you implement ([`Coordinator`]) and what you are given ([`Source`], [`Cluster`], [`Policy`]).
//! - `world`: schedules, and what is seen when they are played.
//! - `grid`: the source and the workers, with their faults.
//! - `books`: what is written down meanwhile.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.
//! - `figure`: throughput against the number of workers, from the same world.
//! - `apart`: the coordinator in another process.

mod apart;
mod books;
pub mod contract;
mod figure;
mod grid;
mod promises;
mod schedules;
mod world;

use std::sync::Arc;

use harness::exercise::Exercise;
use harness::serve::Service;

pub use contract::{Cluster, Coordinator, JobError, Policy, Source, Tally, Task, WorkerError, WorkerId};

/// The exercise, with `C` as the coordinator.
pub fn exercise<C: Coordinator>() -> Exercise {
    let make: world::Make = |source, cluster, policy| Arc::new(C::new(source, cluster, policy));
    let figure = move || figure::draw(&world::Yard { make });
    Exercise::in_world("ch01", "scale_out", world::Yard { make }, promises::all()).with_figure(figure)
}

/// The exercise, with the coordinator in a process of its own.
pub fn remote() -> Exercise {
    exercise::<apart::StandIn>()
}

/// What such a process serves, with `C` as the coordinator.
pub fn serve<C: Coordinator>() -> Box<dyn Service> {
    apart::serve::<C>()
}
