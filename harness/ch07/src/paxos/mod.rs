//! **One decision.** Nodes that may be asked for different values decide on one, and never on another.
//!
//! - [`contract`]: what you implement ([`Paxos`]), what you are asked ([`Propose`]) and what you answer ([`Decided`]).
//! - `world`: requests and faults, and what is seen of the nodes.
//! - `schedules`: which schedules put each promise to the test; `pieces`: the sharp ones among them, one for each classic bug.
//! - `promises`: what is checked.

pub mod contract;
mod pieces;
mod promises;
mod schedules;
mod world;

use harness::exercise::Exercise;
use harness::processes::{self, Nodes};
use harness::serve::Service;
use sim::Local;

pub use contract::{Decided, Paxos, Propose, Value};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: Paxos>() -> Exercise {
    with(|configs| Box::new(nodes::<N>(configs)))
}

/// The exercise, with every node in a process of its own.
pub fn remote() -> Exercise {
    with(processes::remote)
}

/// What such a process serves, with `N` as every node.
pub fn serve<N: Paxos>() -> Box<dyn Service> {
    processes::serve(nodes::<N>)
}

fn nodes<N: Paxos>(configs: Vec<()>) -> Local<contract::Deciding, N> {
    Local::new(configs, |_| ())
}

fn with(nodes: Nodes<contract::Deciding>) -> Exercise {
    Exercise::in_world("ch07", "paxos", world::Cluster { nodes }, promises::all())
}
