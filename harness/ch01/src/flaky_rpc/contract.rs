//! The contract of `flaky_rpc`.
//!
//! All times are milliseconds of tokio's clock.

use std::sync::Arc;

use async_trait::async_trait;
use harness::Random;
use serde::{Deserialize, Serialize};

// ANCHOR: client
/// A client that charges accounts over a network that fails.
///
/// # What is promised
///
/// - A call returns the receipt, or an error, no later than [`Policy::deadline_ms`] after it began, to the millisecond.
///   It does not give up early: an attempt that could still be answered in time is waited for, and while a retry would
///   still start before the deadline (and the retry budget allows it) it is made.
/// - A call has one attempt under way at a time. An attempt that has brought nothing after
///   [`Policy::attempt_timeout_ms`] is given up and retried; it gets that long, unless the deadline comes first.
/// - Before retry *k* (from 1) a call waits for a random time of at most
///   `min(backoff_cap_ms, backoff_base_ms * 2^(k-1))`, and on average over many calls at least a quarter of that.
///   Clients that were made with different random numbers and fail together don't come back together.
/// - [`TransportError::Rejected`] is final and never retried. Everything else is retried.
/// - After [`TransportError::Overloaded`], the call's next attempt comes no sooner than `retry_after_ms` later, and no
///   later than one more back-off after that; if that is past the deadline, the call may fail at once.
/// - Every attempt of one call carries the same [`IdempotencyKey`], and two calls never share one.
/// - A [`Reply`] that answers another key is never returned. What else becomes of it is up to you; the attempt it came to
///   has failed.
/// - Retries of all calls of one client together number at most `retry_burst + retries_per_s * t` over any `t` seconds.
///   A call that may not retry fails with [`CallError::Unavailable`], or waits until it may.
/// - Once the server answers again, new calls succeed.
/// - A call whose future is dropped sends nothing any more.
#[async_trait]
pub trait RpcClient: Send + Sync + 'static {
    /// A client on this transport. `random` is yours alone; every client gets other numbers.
    fn new(transport: Arc<dyn Transport>, policy: Policy, random: Random) -> Self
    where
        Self: Sized;

    /// Charges an account once.
    ///
    /// # Errors
    ///
    /// See [`CallError`]. After an error other than [`CallError::Rejected`] the charge may have been applied or not.
    async fn call(&self, charge: Charge) -> Result<Receipt, CallError>;
}
// ANCHOR_END: client

// ANCHOR: transport
/// One connection to the bank. Calls of one client share it.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends one attempt and waits for the next reply on the connection. May wait for ever.
    ///
    /// The connection is used again and again, and giving up on an attempt (dropping this future) does not take its reply
    /// off the wire. So the reply that comes may be a late one, to an attempt that was given up: compare
    /// [`Reply::answers`] with the key that was sent.
    ///
    /// # Errors
    ///
    /// See [`TransportError`].
    async fn send(&self, attempt: Attempt) -> Result<Reply, TransportError>;
}
// ANCHOR_END: transport

/// Names a call, so that the bank recognises a repeated attempt. Its length is up to you.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IdempotencyKey(pub String);

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// Whom to charge.
    pub account: u32,
    /// How much, in cents.
    pub cents: u32,
}

/// One attempt of a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// Of the call.
    pub key: IdempotencyKey,
    /// What the call asks for.
    pub charge: Charge,
}

/// What the bank says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The key of the attempt that this answers.
    pub answers: IdempotencyKey,
    /// Proof of the charge.
    pub receipt: Receipt,
}

/// Proof that a charge was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// Unique for every charge that was applied.
    pub number: u32,
}

/// Why an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum TransportError {
    /// Nobody listens at the other end just now. Worth another try.
    Unreachable,
    /// The server is busy and says when to come back.
    Overloaded {
        /// From now, in milliseconds.
        retry_after_ms: u64,
    },
    /// The bank refuses this charge and always will.
    Rejected {
        /// Why.
        reason: String,
    },
}

/// Why a call failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallError {
    /// The bank refused the charge.
    Rejected {
        /// What the bank said.
        reason: String,
    },
    /// The deadline came first.
    DeadlineExceeded {
        /// What the transport said last in this call; `None` if it never said anything.
        last: Option<TransportError>,
    },
    /// The retry budget is used up.
    Unavailable {
        /// What the transport said last in this call; `None` if it never said anything.
        last: Option<TransportError>,
    },
}

/// How patient a client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// How long one attempt may take, in milliseconds.
    pub attempt_timeout_ms: u64,
    /// How long a call may take in all, in milliseconds.
    pub deadline_ms: u64,
    /// The longest wait before the first retry, in milliseconds.
    pub backoff_base_ms: u64,
    /// The longest wait before any retry, in milliseconds.
    pub backoff_cap_ms: u64,
    /// Retries that may be made at once after a quiet time, over all calls of the client.
    pub retry_burst: u32,
    /// Retries a second that may be added to that.
    pub retries_per_s: u32,
}
