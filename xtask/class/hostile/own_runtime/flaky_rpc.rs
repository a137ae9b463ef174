//! Starts a runtime and threads of its own, with a clock of their own, and does its work there.
//!
//! Nothing on the other side answers to them.

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
        std::thread::spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async { tokio::time::sleep(std::time::Duration::from_millis(10)).await });
        });
        Err(CallError::Unavailable { last: None })
    }
}
