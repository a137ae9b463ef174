//! **One register on many nodes.** Keep a value on several machines so that it looks like one place in memory, and survives
//! the loss of any minority of them.
//!
//! - [`contract`]: what you implement ([`QuorumRegister`]), what clients ask ([`Request`]) and what they are answered
//!   ([`Answer`]).
//! - `world`: nodes, clients, and what the clients see.
//! - `schedules`, `episodes`: which schedules put each promise to the test.
//! - `promises`: what is checked.

pub mod contract;
mod episodes;
mod promises;
mod schedules;
mod world;

use harness::exercise::Exercise;
use sim::Local;

pub use contract::{Answer, Config, Operation, Outcome, QuorumRegister, Request, RequestId};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: QuorumRegister>() -> Exercise {
    let nodes: world::Nodes = |configs| Box::new(Local::<_, N>::new(configs, |_| ()));
    Exercise::in_world("ch05", "quorum_register", world::Replicas { nodes }, promises::all())
}
