//! Calls the transport a hundred thousand times at once, and never looks at what it says.
//!
//! It is the mock on the other side that counts, and it has a bound.

use std::sync::Arc;

use async_trait::async_trait;
use ch01::flaky_rpc::{Attempt, CallError, Charge, IdempotencyKey, Policy, Receipt, RpcClient, Transport};
use harness::Random;

pub struct Client(Arc<dyn Transport>);

#[async_trait]
impl RpcClient for Client {
    fn new(transport: Arc<dyn Transport>, _: Policy, _: Random) -> Self {
        Client(transport)
    }

    async fn call(&self, charge: Charge) -> Result<Receipt, CallError> {
        for number in 0..100_000u32 {
            let (transport, key) = (self.0.clone(), IdempotencyKey(number.to_string()));
            tokio::spawn(async move { transport.send(Attempt { key, charge }).await });
        }
        tokio::task::yield_now().await;
        Err(CallError::Unavailable { last: None })
    }
}
