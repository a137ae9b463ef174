//! **Did it know?** Stamps that tell whether one event could have influenced another, and also when neither could.
//!
//! - [`contract`]: what you implement ([`VectorClock`]), what you are asked ([`Request`]) and what you answer
//!   ([`Answer`]).
//! - `world`: what happens at the nodes, what they are asked about stamps, and what is seen of it.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.

pub mod contract;
mod promises;
mod schedules;
mod world;

use harness::exercise::Exercise;
use harness::processes::{self, Nodes};
use harness::serve::Service;
use sim::Local;

pub use contract::{Answer, Event, Order, Request, Vector, VectorClock};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: VectorClock>() -> Exercise {
    with(|configs| Box::new(nodes::<N>(configs)))
}

/// The exercise, with every node in a process of its own.
pub fn remote() -> Exercise {
    with(processes::remote)
}

/// What such a process serves, with `N` as every node.
pub fn serve<N: VectorClock>() -> Box<dyn Service> {
    processes::serve(nodes::<N>)
}

fn nodes<N: VectorClock>(configs: Vec<()>) -> Local<contract::Vectors, N> {
    Local::new(configs, |_| ())
}

fn with(nodes: Nodes<contract::Vectors>) -> Exercise {
    Exercise::in_world("ch02", "vector_clock", world::Events { nodes }, promises::all())
}
