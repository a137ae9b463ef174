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
use sim::Local;

pub use contract::{Aim, Answer, Config, Gossip, Request};

/// The exercise, with `N` as the nodes.
pub fn exercise<N: Gossip>() -> Exercise {
    let nodes: world::Nodes = |count, aim| Box::new(Local::<_, N>::new(vec![Config { aim }; count], |_| ()));
    Exercise::in_world("ch03", "gossip_broadcast", world::Village { nodes }, promises::all())
}
