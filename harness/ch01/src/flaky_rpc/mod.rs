//! **The network is reliable.** Wrap an unreliable transport into a client whose calls end: with the answer, or with an
//! error that says why, and never after their deadline.
//!
//! - [`contract`]: what you implement ([`RpcClient`]) and what you are given ([`Transport`], [`Policy`]).
//! - `world`: schedules, and what is seen when they are played.
//! - `bank`: the link and the bank behind it, with their faults.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.
//! - `apart`: the client in another process.

mod apart;
mod bank;
pub mod contract;
mod promises;
mod schedules;
mod world;

use std::sync::Arc;

use harness::exercise::Exercise;
use harness::serve::Service;

pub use contract::{
    Attempt, CallError, Charge, IdempotencyKey, Policy, Receipt, Reply, RpcClient, Transport, TransportError,
};

/// The exercise, with `C` as the client.
pub fn exercise<C: RpcClient>() -> Exercise {
    let make: world::Make = |transport, policy, random| Arc::new(C::new(transport, policy, random));
    Exercise::in_world("ch01", "flaky_rpc", world::Bank { make }, promises::all())
}

/// The exercise, with the client in a process of its own.
pub fn remote() -> Exercise {
    exercise::<apart::StandIn>()
}

/// What such a process serves, with `C` as the client.
pub fn serve<C: RpcClient>() -> Box<dyn Service> {
    apart::serve::<C>()
}
