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
use sim::Local;

pub use contract::{Ask, Broadcast, ByzantineBroadcast, Config, Deliver, Message, Value};

/// The exercise, with `N` as the correct nodes.
pub fn exercise<N: ByzantineBroadcast>() -> Exercise {
    let nodes: world::Nodes = |count, faults| {
        let configs = vec![Config { faults }; count];
        Box::new(Local::<_, N>::new(configs, |_| ()).with_wire(|message| message, |message| message))
    };
    Exercise::in_world("ch10", "byzantine_broadcast", world::Cluster { nodes }, promises::all())
        .with_figure(move || figure::draw(&world::Cluster { nodes }))
}
