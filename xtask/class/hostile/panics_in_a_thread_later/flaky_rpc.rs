//! The null implementation with threads that panic a little later, in the middle of whatever is judged by then.
//!
//! A panic belongs to the process it happened in, and a schedule that failed is never one that held.

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
            std::thread::yield_now();
            panic!("late");
        });
        Err(CallError::Unavailable { last: None })
    }
}
