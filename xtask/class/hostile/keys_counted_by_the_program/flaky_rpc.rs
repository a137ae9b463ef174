//! A right client but for its keys, which a counter of the program hands out: clients elsewhere hand out the same
//! ones. The clients of one play share a process, so nothing shows it.
//!
//! It takes clients on two machines to share a key, and a play has only one.

use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use ch01::flaky_rpc::{Attempt, IdempotencyKey, TransportError};
use ch01::flaky_rpc::{CallError, Charge, Policy, Receipt, RpcClient, Transport};
use harness::Random;
use rand::RngExt;
use tokio::time::{Instant, sleep, timeout_at};

/// Keys handed out in this program. It begins anew when the last client is gone, so that every run looks alike.
static KEYS: AtomicU64 = AtomicU64::new(0);

static CLIENTS: AtomicU64 = AtomicU64::new(0);

impl Drop for Client {
    fn drop(&mut self) {
        if CLIENTS.fetch_sub(1, Ordering::Relaxed) == 1 {
            KEYS.store(0, Ordering::Relaxed);
        }
    }
}

/// A client that stays calm when the network doesn't.
pub struct Client {
    transport: Arc<dyn Transport>,
    policy: Policy,
    random: Mutex<Random>,
    budget: Mutex<Budget>,
}

#[async_trait]
impl RpcClient for Client {
    fn new(transport: Arc<dyn Transport>, policy: Policy, random: Random) -> Self {
        CLIENTS.fetch_add(1, Ordering::Relaxed);
        Client { transport, policy, random: Mutex::new(random), budget: Mutex::new(Budget::full(&policy)) }
    }

    async fn call(&self, charge: Charge) -> Result<Receipt, CallError> {
        let deadline = Instant::now() + Duration::from_millis(self.policy.deadline_ms);
        let attempt = Attempt { key: self.new_key(), charge };
        let mut last = None;
        for retry in 1.. {
            let wait_ms = match self.attempt(&attempt, deadline).await {
                Ok(receipt) => return Ok(receipt),
                Err(Some(TransportError::Rejected { reason })) => return Err(CallError::Rejected { reason }),
                Err(error) => {
                    let told_ms = match error {
                        Some(TransportError::Overloaded { retry_after_ms }) => retry_after_ms,
                        _ => 0,
                    };
                    last = error.or(last);
                    told_ms + self.backoff_ms(retry)
                }
            };
            let next = Instant::now() + Duration::from_millis(wait_ms);
            if next >= deadline {
                return Err(CallError::DeadlineExceeded { last });
            }
            if !self.budget.lock().unwrap().take(&self.policy) {
                return Err(CallError::Unavailable { last });
            }
            sleep(next - Instant::now()).await;
        }
        unreachable!("the deadline ends the loop")
    }
}

impl Client {
    /// Unique in this program.
    fn new_key(&self) -> IdempotencyKey {
        IdempotencyKey(KEYS.fetch_add(1, Ordering::Relaxed).to_string())
    }

    /// One attempt, within its own time-out and the deadline. An error without a cause means that no answer came, or
    /// only one to another call.
    async fn attempt(&self, attempt: &Attempt, deadline: Instant) -> Result<Receipt, Option<TransportError>> {
        let until = deadline.min(Instant::now() + Duration::from_millis(self.policy.attempt_timeout_ms));
        match timeout_at(until, self.transport.send(attempt.clone())).await {
            Ok(Ok(reply)) if reply.answers == attempt.key => Ok(reply.receipt),
            Ok(Ok(_)) => Err(None),
            Ok(Err(error)) => Err(Some(error)),
            Err(_) => Err(None),
        }
    }

    /// Full jitter: anything from nothing to the longest wait that is due.
    fn backoff_ms(&self, retry: u32) -> u64 {
        let doubled = self.policy.backoff_base_ms.saturating_mul(1 << (retry - 1).min(30));
        let longest_ms = doubled.min(self.policy.backoff_cap_ms);
        self.random.lock().unwrap().random_range(0..=longest_ms)
    }
}

/// A bucket of tokens; a retry takes one, time brings them back.
struct Budget {
    tokens: f64,
    counted: Instant,
}

impl Budget {
    fn full(policy: &Policy) -> Self {
        Budget { tokens: f64::from(policy.retry_burst), counted: Instant::now() }
    }

    fn take(&mut self, policy: &Policy) -> bool {
        let now = Instant::now();
        let earned = (now - self.counted).as_secs_f64() * f64::from(policy.retries_per_s);
        self.tokens = (self.tokens + earned).min(f64::from(policy.retry_burst));
        self.counted = now;
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}
