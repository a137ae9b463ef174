//! **Tell everybody.** Nodes that get every value to every node, soon, with few messages, and in spite of everything.
//!
//! - [`contract`]: what you implement ([`Gossip`]), what you are told and asked, and what you answer.
//! - `world`: values that are handed in, faults, and who has which value when.
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

pub use contract::{Aim, Answer, Config, Gossip, Request};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: Gossip>() -> Exercise {
    with(|configs| Box::new(nodes::<N>(configs)))
}

/// The exercise, with every node in a process of its own.
pub fn remote() -> Exercise {
    with(processes::remote)
}

/// What such a process serves, with `N` as every node.
pub fn serve<N: Gossip>() -> Box<dyn Service> {
    processes::serve(nodes::<N>)
}

fn nodes<N: Gossip>(configs: Vec<Config>) -> Local<contract::Gossiping, N> {
    Local::new(configs, |_| ())
}

fn with(nodes: Nodes<contract::Gossiping>) -> Exercise {
    Exercise::in_world("ch03", "gossip_broadcast", world::Village { nodes }, promises::all())
}
