//! Spawns tasks that spawn tasks.
//!
//! They live in the process of one client. Its memory is limited and so is its time.

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
        fn more() {
            tokio::spawn(async {
                more();
                more();
            });
        }
        more();
        tokio::task::yield_now().await;
        Err(CallError::Unavailable { last: None })
    }
}
