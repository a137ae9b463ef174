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
use sim::Local;

pub use contract::{Decided, Paxos, Propose, Value};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: Paxos>() -> Exercise {
    let nodes: world::Nodes = |count| Box::new(Local::<_, N>::new(vec![(); count], |_| ()));
    Exercise::in_world("ch07", "paxos", world::Cluster { nodes }, promises::all())
}
