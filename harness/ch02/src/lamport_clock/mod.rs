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
use harness::processes::{self, Nodes};
use harness::serve::Service;
use sim::Local;

pub use contract::{Answer, Event, LamportClock, Request, Stamp};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: LamportClock>() -> Exercise {
    with(|configs| Box::new(nodes::<N>(configs)))
}

/// The exercise, with every node in a process of its own.
pub fn remote() -> Exercise {
    with(processes::remote)
}

/// What such a process serves, with `N` as every node.
pub fn serve<N: LamportClock>() -> Box<dyn Service> {
    processes::serve(nodes::<N>)
}

fn nodes<N: LamportClock>(configs: Vec<()>) -> Local<contract::Lamport, N> {
    Local::new(configs, |_| ())
}

fn with(nodes: Nodes<contract::Lamport>) -> Exercise {
    Exercise::in_world("ch02", "lamport_clock", world::Events { nodes }, promises::all())
}
