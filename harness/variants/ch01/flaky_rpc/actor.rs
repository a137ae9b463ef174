//! A task owns the state; calls ask it over a channel. Equal jitter, keys by number, the generic cell rate algorithm
//! instead of a bucket, and a call that may not retry yet waits until it may.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use harness::Random;
use ch01::flaky_rpc::{
    Attempt, CallError, Charge, IdempotencyKey, Policy, Receipt, RpcClient, Transport, TransportError,
};
use rand::RngExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout_at};

enum Ask {
    Key(oneshot::Sender<IdempotencyKey>),
    Retry { retry: u32, not_before: Instant, deadline: Instant, at: oneshot::Sender<Option<Instant>> },
}

pub struct Client {
    transport: Arc<dyn Transport>,
    policy: Policy,
    actor: mpsc::UnboundedSender<Ask>,
}

struct Actor {
    policy: Policy,
    random: Random,
    name: u64,
    keys: u64,
    /// When the last retry that was granted would have been due if all of them kept to the rate.
    due: Instant,
}

impl Actor {
    async fn run(mut self, mut asked: mpsc::UnboundedReceiver<Ask>) {
        while let Some(ask) = asked.recv().await {
            match ask {
                Ask::Key(to) => {
                    self.keys += 1;
                    let _ = to.send(IdempotencyKey(format!("{:016x}-{}", self.name, self.keys)));
                }
                Ask::Retry { retry, not_before, deadline, at } => {
                    let _ = at.send(self.permit(retry, not_before, deadline));
                }
            }
        }
    }

    fn permit(&mut self, retry: u32, not_before: Instant, deadline: Instant) -> Option<Instant> {
        let longest_ms = self.policy.backoff_cap_ms.min(self.policy.backoff_base_ms << (retry - 1).min(20));
        let wait_ms = self.random.random_range(longest_ms / 2..=longest_ms);
        let interval = Duration::from_secs(1) / self.policy.retries_per_s;
        let ahead = interval * (self.policy.retry_burst - 1);
        let polite = not_before + Duration::from_millis(wait_ms);
        let at = polite.max(self.due.checked_sub(ahead).unwrap_or(polite));
        if at >= deadline {
            return None;
        }
        self.due = self.due.max(at) + interval;
        Some(at)
    }
}

impl Client {
    async fn ask<T>(&self, ask: impl FnOnce(oneshot::Sender<T>) -> Ask) -> T {
        let (to, answer) = oneshot::channel();
        assert!(self.actor.send(ask(to)).is_ok(), "the actor lives as long as its client");
        answer.await.expect("the actor answers")
    }
}

#[async_trait]
impl RpcClient for Client {
    fn new(transport: Arc<dyn Transport>, policy: Policy, mut random: Random) -> Self {
        let (actor, asked) = mpsc::unbounded_channel();
        let name = random.random();
        tokio::spawn(Actor { policy, random, name, keys: 0, due: Instant::now() }.run(asked));
        Client { transport, policy, actor }
    }

    async fn call(&self, charge: Charge) -> Result<Receipt, CallError> {
        let deadline = Instant::now() + Duration::from_millis(self.policy.deadline_ms);
        let key = self.ask(Ask::Key).await;
        let mut last = None;
        let mut retry = 0;
        loop {
            let attempt_ends = deadline.min(Instant::now() + Duration::from_millis(self.policy.attempt_timeout_ms));
            let attempt = Attempt { key: key.clone(), charge };
            let mut not_before_ms = 0;
            match timeout_at(attempt_ends, self.transport.send(attempt)).await {
                Ok(Ok(reply)) if reply.answers == key => return Ok(reply.receipt),
                Ok(Err(TransportError::Rejected { reason })) => return Err(CallError::Rejected { reason }),
                Ok(Err(error)) => {
                    if let TransportError::Overloaded { retry_after_ms } = error {
                        not_before_ms = retry_after_ms;
                    }
                    last = Some(error);
                }
                Ok(Ok(_)) | Err(_) => {}
            }
            retry += 1;
            let not_before = Instant::now() + Duration::from_millis(not_before_ms);
            match self.ask(|at| Ask::Retry { retry, not_before, deadline, at }).await {
                Some(at) => sleep_until(at).await,
                None => return Err(CallError::DeadlineExceeded { last }),
            }
        }
    }
}
