//! **One word among liars.** What one correct node delivers, all deliver, whatever up to a third of the nodes say.
//!
//! - [`contract`]: what you implement ([`ByzantineBroadcast`]), what nodes say ([`Message`]), what you are asked ([`Ask`]) and
//!   what you answer ([`Deliver`]).
//! - `world`: requests, lies and faults, and what is seen of the correct nodes.
//! - `lies`: who tells whom what.
//! - `schedules`: which schedules put each promise to the test; `pieces`: the sharp ones among them.
//! - `promises`: what is checked.
//! - `figure`: what becomes of the promises when more nodes lie than may.

pub mod contract;
mod figure;
mod lies;
mod pieces;
mod promises;
mod schedules;
mod world;

use harness::exercise::Exercise;
use harness::processes::{self, Nodes};
use harness::serve::Service;
use sim::Local;

pub use contract::{Ask, Broadcast, ByzantineBroadcast, Config, Deliver, Message, Value};

/// The exercise, with `N` as the correct nodes.
pub fn exercise<N: ByzantineBroadcast>() -> Exercise {
    with(|configs| Box::new(nodes::<N>(configs)))
}

/// The exercise, with every node in a process of its own.
pub fn remote() -> Exercise {
    with(processes::remote)
}

/// What such a process serves, with `N` as every node.
pub fn serve<N: ByzantineBroadcast>() -> Box<dyn Service> {
    processes::serve(nodes::<N>)
}

fn nodes<N: ByzantineBroadcast>(configs: Vec<Config>) -> Local<contract::Broadcasting, N> {
    Local::new(configs, |_| ()).with_wire(|message| message, |message| message)
}

fn with(nodes: Nodes<contract::Broadcasting>) -> Exercise {
    Exercise::in_world("ch10", "byzantine_broadcast", world::Cluster { nodes }, promises::all())
        .with_figure(move || figure::draw(&world::Cluster { nodes }))
}
