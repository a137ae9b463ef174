//! Topology doesn't change.
//!
//! Contract: `ch01::moving_targets`. Lesson: `cargo xtask lesson moving_targets`.

use std::sync::Arc;

use async_trait::async_trait;
use ch01::moving_targets::{CallError, LoadBalancer, Network, Policy, Registry, Reply, Request};
use harness::Random;

/// Sends each call to an instance that is likely to answer it soon.
pub struct Balancer {
    // What does it have to know about each instance, and who keeps that up to date?
}

#[async_trait]
impl LoadBalancer for Balancer {
    fn new(registry: Arc<dyn Registry>, network: Arc<dyn Network>, policy: Policy, random: Random) -> Self {
        let _ = (registry, network, policy, random);
        todo!("see that news is read while calls are made")
    }

    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        let _ = request;
        todo!("choose an instance, send the request there, and remember how it went")
    }
}
