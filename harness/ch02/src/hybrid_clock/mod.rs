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
use sim::Local;

pub use contract::{Answer, Config, Event, HybridClock, Request, Stamp};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: HybridClock>() -> Exercise {
    let nodes: world::Nodes = |count, config| Box::new(Local::<_, N>::new(vec![config; count], |_| ()));
    Exercise::in_world("ch02", "hybrid_clock", world::Events { nodes }, promises::all())
}
