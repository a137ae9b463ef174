//! The network is reliable.
//!
//! Contract: `ch01::flaky_rpc`. Lesson: `cargo xtask lesson flaky_rpc`.

use std::sync::Arc;

use async_trait::async_trait;
use ch01::flaky_rpc::{CallError, Charge, Policy, Receipt, RpcClient, Transport};
use harness::Random;

/// A client that stays calm when the network doesn't.
pub struct Client {
    // What does a client have to remember between its calls?
}

#[async_trait]
impl RpcClient for Client {
    fn new(transport: Arc<dyn Transport>, policy: Policy, random: Random) -> Self {
        let _ = (transport, policy, random);
        todo!("keep what your calls will need")
    }

    async fn call(&self, charge: Charge) -> Result<Receipt, CallError> {
        let _ = charge;
        todo!("send an attempt; decide what to do when no answer comes")
    }
}
