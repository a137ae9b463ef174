//! The load balancer in another process, and the registry and the network here.

use std::sync::Arc;

use async_trait::async_trait;
use harness::Random;
use harness::apart::{self, Desk, Made, Object, Tap, running};
use harness::serve::{Service, order};
use serde::{Deserialize, Serialize};

use super::contract::*;

/// A call of what the load balancer is given.
#[derive(Serialize, Deserialize)]
enum Ask {
    NextEvent,
    Send(InstanceId, Request),
}

/// The judge's end.
pub struct StandIn(Object);

#[async_trait]
impl LoadBalancer for StandIn {
    fn new(registry: Arc<dyn Registry>, network: Arc<dyn Network>, policy: Policy, random: Random) -> Self {
        let answers = move |ask: Ask| {
            let (registry, network) = (registry.clone(), network.clone());
            match ask {
                Ask::NextEvent => running(async move { registry.next_event().await }),
                Ask::Send(instance, request) => running(async move { network.send(instance, request).await }),
            }
        };
        let (balancer, ()) = apart::make(&(policy, random), answers);
        StandIn(balancer)
    }

    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        self.0.call(&request).await
    }
}

/// The worker's end.
pub fn serve<B: LoadBalancer>() -> Box<dyn Service> {
    apart::serve(|from, desk| {
        let (policy, random) = order(from);
        let balancer = Arc::new(B::new(Arc::new(News(desk.tap())), Arc::new(Wire(desk)), policy, random));
        Made::object(move |request: Request| {
            let balancer = balancer.clone();
            running(async move { balancer.call(request).await })
        })
    })
}

struct News(Tap);

#[async_trait]
impl Registry for News {
    async fn next_event(&self) -> Result<Event, RegistryError> {
        self.0.ask(&Ask::NextEvent).await
    }
}

struct Wire(Desk);

#[async_trait]
impl Network for Wire {
    async fn send(&self, instance: InstanceId, request: Request) -> Result<Reply, NetworkError> {
        self.0.ask(&Ask::Send(instance, request)).await
    }
}
