//! **About when was it?** Stamps that respect causes and still say, roughly, what time it was.
//!
//! - [`contract`]: what you implement ([`HybridClock`]), what you are asked ([`Request`]) and what you answer
//!   ([`Answer`]).
//! - `world`: what happens at the nodes and to their clocks, and what is seen of it.
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

pub use contract::{Answer, Config, Event, HybridClock, Request, Stamp};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: HybridClock>() -> Exercise {
    with(|configs| Box::new(nodes::<N>(configs)))
}

/// The exercise, with every node in a process of its own.
pub fn remote() -> Exercise {
    with(processes::remote)
}

/// What such a process serves, with `N` as every node.
pub fn serve<N: HybridClock>() -> Box<dyn Service> {
    processes::serve(nodes::<N>)
}

fn nodes<N: HybridClock>(configs: Vec<Config>) -> Local<contract::Hybrid, N> {
    Local::new(configs, |_| ())
}

fn with(nodes: Nodes<contract::Hybrid>) -> Exercise {
    Exercise::in_world("ch02", "hybrid_clock", world::Events { nodes }, promises::all())
}
