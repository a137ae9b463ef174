//! Compiles, and knows nobody.

use std::sync::Arc;

use async_trait::async_trait;
use harness::Random;
use ch01::moving_targets::{CallError, LoadBalancer, Network, Policy, Registry, Reply, Request};

pub struct Balancer;

#[async_trait]
impl LoadBalancer for Balancer {
    fn new(_: Arc<dyn Registry>, _: Arc<dyn Network>, _: Policy, _: Random) -> Self {
        Balancer
    }

    async fn call(&self, _: Request) -> Result<Reply, CallError> {
        Err(CallError::NoInstances)
    }
}
