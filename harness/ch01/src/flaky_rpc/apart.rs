//! The client in another process, and its transport here.

use std::sync::Arc;

use async_trait::async_trait;
use harness::Random;
use harness::apart::{self, Desk, Made, Object, running};
use harness::serve::{Service, order};

use super::contract::*;

/// The judge's end.
pub struct StandIn(Object);

#[async_trait]
impl RpcClient for StandIn {
    fn new(transport: Arc<dyn Transport>, policy: Policy, random: Random) -> Self {
        let answers = move |attempt: Attempt| {
            let transport = transport.clone();
            running(async move { transport.send(attempt).await })
        };
        let (client, ()) = apart::make(&(policy, random), answers);
        StandIn(client)
    }

    async fn call(&self, charge: Charge) -> Result<Receipt, CallError> {
        self.0.call(&charge).await
    }
}

/// The worker's end.
pub fn serve<C: RpcClient>() -> Box<dyn Service> {
    apart::serve(|from, desk| {
        let (policy, random) = order(from);
        let client = Arc::new(C::new(Arc::new(Wire(desk)), policy, random));
        Made::object(move |charge: Charge| {
            let client = client.clone();
            running(async move { client.call(charge).await })
        })
    })
}

struct Wire(Desk);

#[async_trait]
impl Transport for Wire {
    async fn send(&self, attempt: Attempt) -> Result<Reply, TransportError> {
        self.0.ask(&attempt).await
    }
}
