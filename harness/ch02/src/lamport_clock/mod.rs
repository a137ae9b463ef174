//! **Which came first?** Give every event of every node a time that no effect shares with its cause.
//!
//! - [`contract`]: what you implement ([`LamportClock`]), what you are asked ([`Request`]) and what you answer
//!   ([`Answer`]).
//! - `world`: what happens at the nodes, and what is seen of it.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.

pub mod contract;
mod promises;
mod schedules;
mod world;

use harness::exercise::Exercise;
use sim::Local;

pub use contract::{Answer, Event, LamportClock, Request, Stamp};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: LamportClock>() -> Exercise {
    let nodes: world::Nodes = |count| Box::new(Local::<_, N>::new(vec![(); count], |_| ()));
    Exercise::in_world("ch02", "lamport_clock", world::Events { nodes }, promises::all())
}
