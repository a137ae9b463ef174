//! The contract of `moving_targets`.
//!
//! All times are milliseconds of tokio's clock.

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use harness::Random;
use serde::{Deserialize, Serialize};

// ANCHOR: balancer
/// Routes each call to one of the instances that a registry announces, while they come and go.
///
/// An instance *is up* when the news with the highest version about it says [`Status::Up`]. It *may get calls* when it is
/// up and not ejected. How to choose among those is up to you: what is promised is what comes of it.
///
/// # What is promised about calls
///
/// - A call goes out at once: its first attempt is sent within 10 ms of its beginning, whatever other calls, the registry
///   or the other instances are doing. Its result is returned within 10 ms of the end of its last attempt.
/// - A call whose attempt fails makes one more attempt, within 10 ms, at *another* instance, if another one may get
///   calls. There is no third attempt: what the second one brings is the result. (Requests are reads, so repeating one
///   does no harm.)
/// - A call whose future is dropped leaves no trace: its instance is not taken for busier or worse than it is.
///
/// # What is promised about news
///
/// - News takes effect within 10 ms of the moment in which [`Registry::next_event`] could return it.
/// - An instance that is draining or has departed gets no attempt, neither first nor second. What is under way at a
///   draining instance is left to finish and its reply is the call's result.
/// - News about an instance whose version is not higher than one already seen about it is ignored, in both directions: it
///   does not bring back an instance that has departed, nor remove one that has come back.
/// - While the registry is down, the last known set serves. The registry is asked again no sooner than half of
///   [`Policy::registry_retry_ms`] after an error, and no later than the whole of it.
///
/// # What is promised about load
///
/// Counted over 100 calls for each instance that is up, while all of them answer and the set does not change:
///
/// - Where all answer equally fast, each instance gets between 0.5 and 1.5 times the mean number of attempts, under
///   light load (one call at a time) as well as under heavy load.
/// - Under heavy load (two calls or more under way for each instance), an instance that begins to take ten times as long
///   as the others gets at most 0.6 times the mean from then on.
/// - An instance that is new, or is up again, gets as much from its news on: between 0.5 and 1.5 times the mean.
///
/// # What is promised about failures
///
/// - An instance is ejected when [`Policy::eject_after`] attempts in a row, in the order in which they end, have failed
///   there. It gets no attempt for the next [`Policy::eject_ms`]. Fewer failures in a row change nothing: it
///   goes on getting calls (at least one attempt in the next 20 calls for each instance that is up).
/// - After that time it is probed: of the next 20 calls for each instance that is up, at least one goes there. Until an
///   attempt has succeeded, it gets one at a time. A failed probe ejects it for another [`Policy::eject_ms`] at once.
/// - After a successful probe it gets between 0.5 and 1.5 times the mean again, counted as above.
/// - If no instance that is up may get a call, all that are up may: a call fails without an attempt
///   ([`CallError::NoInstances`]) only if none is up.
///
/// Up to you: whether the end of an attempt that began before the ejection shortens it (a success) or makes it start
/// anew (a failure), and what failures count for while all are ejected.
#[async_trait]
pub trait LoadBalancer: Send + Sync + 'static {
    /// A balancer that knows no instance yet. Called within a tokio runtime, so it may spawn tasks. `random` is yours.
    fn new(registry: Arc<dyn Registry>, network: Arc<dyn Network>, policy: Policy, random: Random) -> Self
    where
        Self: Sized;

    /// Has a request answered by one of the instances.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    async fn call(&self, request: Request) -> Result<Reply, CallError>;
}
// ANCHOR_END: balancer

// ANCHOR: world
/// Where instances are announced.
#[async_trait]
pub trait Registry: Send + Sync {
    /// The next piece of news; waits, if need be for ever, until there is one. Dropping the future loses nothing.
    ///
    /// News may come late, twice, and in another order than it happened. Nothing is lost: what could not be read while
    /// the registry was down can be read afterwards.
    ///
    /// # Errors
    ///
    /// [`RegistryError`] while the registry is down, also if it goes down while this waits.
    async fn next_event(&self) -> Result<Event, RegistryError>;
}

/// The way to the instances.
#[async_trait]
pub trait Network: Send + Sync {
    /// Sends a request to an instance and waits for its reply, at most [`SEND_TIMEOUT_MS`].
    ///
    /// # Errors
    ///
    /// See [`NetworkError`].
    async fn send(&self, instance: InstanceId, request: Request) -> Result<Reply, NetworkError>;
}

/// News about one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// About whom.
    pub instance: InstanceId,
    /// Grows with every change of this instance; says nothing about others.
    pub version: u64,
    /// What has become of it.
    pub status: Status,
}

/// What the registry says about an instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Status {
    /// It takes calls. It may be new, or back.
    Up,
    /// It wants no new calls and finishes the ones it has.
    Draining,
    /// It is gone.
    Departed,
}
// ANCHOR_END: world

/// How long [`Network::send`] waits for a reply, in milliseconds.
pub const SEND_TIMEOUT_MS: u64 = 300;

/// Names an instance for good: one that comes back has the name that it had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct InstanceId(pub u32);

impl fmt::Display for InstanceId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "i{}", self.0)
    }
}

/// What a call asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// Every call has its own.
    pub id: u64,
}

/// What an instance says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The request's id.
    pub answers: u64,
    /// Who answered it.
    pub served_by: InstanceId,
}

/// Why an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NetworkError {
    /// Nobody listens there. Known after 2 ms.
    Refused,
    /// No reply within [`SEND_TIMEOUT_MS`].
    TimedOut,
}

/// The registry cannot be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RegistryError;

/// Why a call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CallError {
    /// No instance is up as far as is known. How long a call waits for the first news before it says so is up to you.
    NoInstances,
    /// The call's last attempt failed.
    Failed {
        /// In this way.
        last: NetworkError,
    },
}

/// When to stop trusting, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Failures in a row that eject an instance. At least 2.
    pub eject_after: u32,
    /// How long it then gets no calls, in milliseconds. Longer than [`SEND_TIMEOUT_MS`].
    pub eject_ms: u64,
    /// How long to wait before the registry is asked again after an error, in milliseconds.
    pub registry_retry_ms: u64,
}
