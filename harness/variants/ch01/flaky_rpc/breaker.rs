//! One outer time-out instead of a deadline in every step, decorrelated waits, atomics instead of a mutex, a budget that
//! counts the retries of the last seconds, and calls that fail until their deadline instead of before a pointless wait.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use harness::Random;
use ch01::flaky_rpc::{
    Attempt, CallError, Charge, IdempotencyKey, Policy, Receipt, RpcClient, Transport, TransportError,
};
use rand::RngExt;
use tokio::time::{Instant, sleep, timeout};

pub struct Client {
    transport: Arc<dyn Transport>,
    policy: Policy,
    seed: u64,
    calls: AtomicU64,
    random: Mutex<Random>,
    recent: Mutex<VecDeque<Instant>>,
}

impl Client {
    /// No more than `retry_burst` in the time in which that many would be earned: stricter than the policy asks.
    fn may_retry(&self) -> bool {
        let window = Duration::from_secs(1) * self.policy.retry_burst / self.policy.retries_per_s;
        let now = Instant::now();
        let mut recent = self.recent.lock().unwrap();
        while recent.front().is_some_and(|at| now - *at > window) {
            recent.pop_front();
        }
        if recent.len() >= self.policy.retry_burst as usize {
            return false;
        }
        recent.push_back(now);
        true
    }

    /// Between a third of what is allowed and all of it.
    fn wait_ms(&self, retry: u32) -> u64 {
        let mut longest_ms = self.policy.backoff_base_ms;
        for _ in 1..retry {
            longest_ms = (longest_ms * 2).min(self.policy.backoff_cap_ms);
        }
        let longest_ms = longest_ms.min(self.policy.backoff_cap_ms);
        self.random.lock().unwrap().random_range(longest_ms / 3..=longest_ms)
    }

    async fn until_it_works(
        &self,
        key: &IdempotencyKey,
        charge: Charge,
        last: &mut Option<TransportError>,
    ) -> Result<Receipt, CallError> {
        let mut retry = 0;
        loop {
            let attempt = Attempt { key: key.clone(), charge };
            let sent = timeout(Duration::from_millis(self.policy.attempt_timeout_ms), self.transport.send(attempt));
            let mut wait_ms = 0;
            match sent.await {
                Ok(Ok(reply)) if reply.answers == *key => return Ok(reply.receipt),
                Ok(Err(TransportError::Rejected { reason })) => return Err(CallError::Rejected { reason }),
                Ok(Err(TransportError::Overloaded { retry_after_ms })) => {
                    *last = Some(TransportError::Overloaded { retry_after_ms });
                    wait_ms = retry_after_ms;
                }
                Ok(Err(TransportError::Unreachable)) => *last = Some(TransportError::Unreachable),
                Ok(Ok(_)) | Err(_) => {}
            }
            retry += 1;
            if !self.may_retry() {
                return Err(CallError::Unavailable { last: last.clone() });
            }
            sleep(Duration::from_millis(wait_ms + self.wait_ms(retry))).await;
        }
    }
}

#[async_trait]
impl RpcClient for Client {
    fn new(transport: Arc<dyn Transport>, policy: Policy, mut random: Random) -> Self {
        Client {
            transport,
            policy,
            seed: random.random(),
            calls: AtomicU64::new(0),
            random: Mutex::new(random),
            recent: Mutex::new(VecDeque::new()),
        }
    }

    async fn call(&self, charge: Charge) -> Result<Receipt, CallError> {
        let nth = self.calls.fetch_add(1, Ordering::Relaxed);
        let key = IdempotencyKey(format!("{:x}/{nth}", self.seed));
        let mut last = None;
        let limit = Duration::from_millis(self.policy.deadline_ms);
        match timeout(limit, self.until_it_works(&key, charge, &mut last)).await {
            Ok(result) => result,
            Err(_) => Err(CallError::DeadlineExceeded { last }),
        }
    }
}
