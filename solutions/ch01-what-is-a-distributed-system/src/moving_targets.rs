//! Topology doesn't change.
//!
//! Contract: `ch01::moving_targets`. Lesson: `cargo xtask lesson moving_targets`.

use std::sync::Arc;
// learner: begin
use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;
// learner: end

use async_trait::async_trait;
use ch01::moving_targets::{CallError, LoadBalancer, Network, Policy, Registry, Reply, Request};
use harness::Random;
// learner: begin
use ch01::moving_targets::{Event, InstanceId, NetworkError, Status};
use rand::seq::IteratorRandom;
use tokio::time::{Instant, sleep};
// learner: end

/// Sends each call to an instance that is likely to answer it soon.
pub struct Balancer {
    // learner: begin
    // learner: | // What does it have to know about each instance, and who keeps that up to date?
    network: Arc<dyn Network>,
    fleet: Arc<Mutex<Fleet>>,
    // learner: end
}

#[async_trait]
impl LoadBalancer for Balancer {
    fn new(registry: Arc<dyn Registry>, network: Arc<dyn Network>, policy: Policy, random: Random) -> Self {
        // learner: begin
        // learner: | let _ = (registry, network, policy, random);
        // learner: | todo!("see that news is read while calls are made")
        let fleet = Arc::new(Mutex::new(Fleet { members: BTreeMap::new(), policy, random }));
        tokio::spawn(follow(registry, fleet.clone(), Duration::from_millis(policy.registry_retry_ms)));
        Balancer { network, fleet }
        // learner: end
    }

    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        // learner: begin
        // learner: | let _ = request;
        // learner: | todo!("choose an instance, send the request there, and remember how it went")
        let first = self.lease(None).ok_or(CallError::NoInstances)?;
        let tried = first.instance;
        let last = match self.attempt(first, request).await {
            Ok(reply) => return Ok(reply),
            Err(error) => error,
        };
        match self.lease(Some(tried)) {
            Some(second) => self.attempt(second, request).await.map_err(|last| CallError::Failed { last }),
            None => Err(CallError::Failed { last }),
        }
        // learner: end
    }
}

// learner: begin
impl Balancer {
    /// An instance for one attempt, if there is another one than `tried`.
    fn lease(&self, tried: Option<InstanceId>) -> Option<Lease> {
        let instance = self.fleet.lock().unwrap().choose(tried)?;
        Some(Lease { instance, fleet: self.fleet.clone() })
    }

    async fn attempt(&self, lease: Lease, request: Request) -> Result<Reply, NetworkError> {
        let result = self.network.send(lease.instance, request).await;
        self.fleet.lock().unwrap().learn(lease.instance, result.is_ok());
        result
    }
}

/// Reads the news for as long as there is a runtime.
async fn follow(registry: Arc<dyn Registry>, fleet: Arc<Mutex<Fleet>>, retry: Duration) {
    loop {
        match registry.next_event().await {
            Ok(event) => fleet.lock().unwrap().hear(event),
            Err(_) => sleep(retry).await,
        }
    }
}

/// An attempt under way. Counted until it is dropped, so that a caller who gives up is not counted for ever.
struct Lease {
    instance: InstanceId,
    fleet: Arc<Mutex<Fleet>>,
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.fleet.lock().unwrap().member(self.instance).under_way -= 1;
    }
}

struct Fleet {
    /// Also the departed: what version they had is what exposes old news about them.
    members: BTreeMap<InstanceId, Member>,
    policy: Policy,
    random: Random,
}

struct Member {
    version: u64,
    status: Status,
    /// Attempts that have not ended.
    under_way: u32,
    /// Failures since the last success.
    failures: u32,
    /// When it may be probed, if it is ejected.
    ejected_until: Option<Instant>,
}

impl Member {
    fn new(event: Event) -> Self {
        Member { version: event.version, status: event.status, under_way: 0, failures: 0, ejected_until: None }
    }

    fn is_up(&self) -> bool {
        self.status == Status::Up
    }

    fn may_get_calls(&self) -> bool {
        self.is_up()
            && match self.ejected_until {
                None => true,
                Some(until) => Instant::now() >= until && self.under_way == 0,
            }
    }
}

impl Fleet {
    fn member(&mut self, instance: InstanceId) -> &mut Member {
        self.members.get_mut(&instance).expect("members are never forgotten")
    }

    fn hear(&mut self, event: Event) {
        let member = self.members.entry(event.instance).or_insert_with(|| Member::new(event));
        if event.version > member.version {
            member.version = event.version;
            member.status = event.status;
        }
    }

    /// The instance with the fewest attempts under way, with one more now. Ties are broken by chance: taking the first
    /// would give everything to it while calls come one at a time.
    fn choose(&mut self, tried: Option<InstanceId>) -> Option<InstanceId> {
        // Somebody who failed is a better bet than nobody at all.
        let desperate = !self.members.values().any(Member::may_get_calls);
        let usable = |member: &Member| if desperate { member.is_up() } else { member.may_get_calls() };
        let others = self.members.iter().filter(|(instance, member)| Some(**instance) != tried && usable(member));
        let least = others.clone().map(|(_, member)| member.under_way).min()?;
        let idlest = others.filter(|(_, member)| member.under_way == least).map(|(instance, _)| *instance);
        let chosen = idlest.choose(&mut self.random)?;
        self.member(chosen).under_way += 1;
        Some(chosen)
    }

    fn learn(&mut self, instance: InstanceId, success: bool) {
        let policy = self.policy;
        let member = self.member(instance);
        if success {
            member.failures = 0;
            member.ejected_until = None;
            return;
        }
        member.failures += 1;
        // Whoever failed as a probe has all its failures still against it.
        if member.failures >= policy.eject_after {
            member.ejected_until = Some(Instant::now() + Duration::from_millis(policy.eject_ms));
        }
    }
}
// learner: end
