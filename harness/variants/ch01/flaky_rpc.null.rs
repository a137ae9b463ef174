//! Compiles, and does nothing.

use std::sync::Arc;

use async_trait::async_trait;
use harness::Random;
use ch01::flaky_rpc::{CallError, Charge, Policy, Receipt, RpcClient, Transport};

pub struct Client;

#[async_trait]
impl RpcClient for Client {
    fn new(_: Arc<dyn Transport>, _: Policy, _: Random) -> Self {
        Client
    }

    async fn call(&self, _: Charge) -> Result<Receipt, CallError> {
        Err(CallError::Unavailable { last: None })
    }
}
