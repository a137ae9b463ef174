//! Blocks the thread on a channel that nobody writes to, in an async function.
//!
//! The checks time out.

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
        let (_sender, receiver) = std::sync::mpsc::channel::<()>();
        let _ = receiver.recv();
        Err(CallError::Unavailable { last: None })
    }
}
