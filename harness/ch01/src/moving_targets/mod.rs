//! **Topology doesn't change.** Route calls to instances that join, leave, drain, fail and come back.
//!
//! - [`contract`]: what you implement ([`LoadBalancer`]) and what you are given ([`Registry`], [`Network`], [`Policy`]).
//! - `world`: schedules, and what is seen when they are played.
//! - `fleet`: the registry and the instances, with their faults.
//! - `seen`: what can be read off a play: who was known to be up, and who was ejected.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.
//! - `apart`: the load balancer in another process.

mod apart;
pub mod contract;
mod fleet;
mod promises;
mod schedules;
mod seen;
mod world;

use std::sync::Arc;

use harness::exercise::Exercise;
use harness::serve::Service;

pub use contract::{
    CallError, Event, InstanceId, LoadBalancer, Network, NetworkError, Policy, Registry, RegistryError, Reply, Request,
    SEND_TIMEOUT_MS, Status,
};

/// The exercise, with `B` as the load balancer.
pub fn exercise<B: LoadBalancer>() -> Exercise {
    let make: world::Make = |registry, network, policy, random| Arc::new(B::new(registry, network, policy, random));
    Exercise::in_world("ch01", "moving_targets", world::Fleet { make }, promises::all())
}

/// The exercise, with the load balancer in a process of its own.
pub fn remote() -> Exercise {
    exercise::<apart::StandIn>()
}

/// What such a process serves, with `B` as the load balancer.
pub fn serve<B: LoadBalancer>() -> Box<dyn Service> {
    apart::serve::<B>()
}
