//! A future that is always ready to go on and never ends, so that virtual time never moves.
//!
//! Its turns are bounded and so is the time it may take.

use std::sync::Arc;

use async_trait::async_trait;
use ch01::flaky_rpc::{CallError, Charge, Policy, Receipt, RpcClient, Transport};
use harness::Random;

pub struct Client;

#[async_trait]
impl RpcClient for Client {
    fn new(_: Arc<dyn Transport>, _: Policy, _: Random) -> Self {
        Client
    }

    async fn call(&self, _: Charge) -> Result<Receipt, CallError> {
        loop {
            tokio::task::yield_now().await;
        }
    }
}
