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
use harness::processes::{self, Nodes};
use harness::serve::Service;
use sim::Local;

pub use contract::{Answer, Config, Operation, Outcome, QuorumRegister, Request, RequestId};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: QuorumRegister>() -> Exercise {
    with(|configs| Box::new(nodes::<N>(configs)))
}

/// The exercise, with every node in a process of its own.
pub fn remote() -> Exercise {
    with(processes::remote)
}

/// What such a process serves, with `N` as every node.
pub fn serve<N: QuorumRegister>() -> Box<dyn Service> {
    processes::serve(nodes::<N>)
}

fn nodes<N: QuorumRegister>(configs: Vec<Config>) -> Local<contract::Registering, N> {
    Local::new(configs, |_| ())
}

fn with(nodes: Nodes<contract::Registering>) -> Exercise {
    Exercise::in_world("ch05", "quorum_register", world::Replicas { nodes }, promises::all())
}
