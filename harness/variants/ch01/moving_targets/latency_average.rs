//! Takes the better of two by expected wait: a moving average of the latency times the calls under way (Finagle's
//! peak EWMA, without the peak). Calls wait a little for the first news.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use harness::Random;
use ch01::moving_targets::{
    CallError, InstanceId, LoadBalancer, Network, NetworkError, Policy, Registry, Reply, Request, Status,
};
use rand::RngExt;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

type Shared = Arc<Mutex<State>>;

pub struct Balancer {
    network: Arc<dyn Network>,
    policy: Policy,
    state: Shared,
    /// Wakes those who wait for the first news.
    known: watch::Receiver<bool>,
}

#[derive(Default)]
struct State {
    hosts: Vec<Host>,
    random: Option<Random>,
}

struct Host {
    id: InstanceId,
    version: u64,
    up: bool,
    under_way: i64,
    average_ms: Option<f64>,
    strikes: u32,
    back_at: Option<Instant>,
}

impl Host {
    fn healthy(&self) -> bool {
        self.up && self.back_at.is_none_or(|at| Instant::now() >= at && self.under_way == 0)
    }

    fn cost(&self, usual_ms: f64) -> f64 {
        self.average_ms.unwrap_or(usual_ms) * (self.under_way + 1) as f64
    }
}

#[async_trait]
impl LoadBalancer for Balancer {
    fn new(registry: Arc<dyn Registry>, network: Arc<dyn Network>, policy: Policy, random: Random) -> Self {
        let state = Shared::default();
        state.lock().unwrap().random = Some(random);
        let (tell, known) = watch::channel(false);
        tokio::spawn(keep_reading(registry, state.clone(), policy, tell));
        Balancer { network, policy, state, known }
    }

    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        let mut known = self.known.clone();
        let _ = timeout(Duration::from_millis(50), known.wait_for(|known| *known)).await;
        let first = self.pick(None).ok_or(CallError::NoInstances)?;
        let id = first.id;
        let result = match self.run(first, request).await {
            Err(last) => match self.pick(Some(id)) {
                Some(second) => self.run(second, request).await,
                None => Err(last),
            },
            answered => answered,
        };
        result.map_err(|last| CallError::Failed { last })
    }
}

struct Slot {
    id: InstanceId,
    state: Shared,
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut state = self.state.lock().unwrap();
        if let Some(host) = state.hosts.iter_mut().find(|host| host.id == self.id) {
            host.under_way -= 1;
        }
    }
}

impl Balancer {
    fn pick(&self, except: Option<InstanceId>) -> Option<Slot> {
        let mut state = self.state.lock().unwrap();
        let State { hosts, random } = &mut *state;
        let random = random.as_mut()?;
        let panic = !hosts.iter().any(Host::healthy);
        let open: Vec<usize> = (0..hosts.len())
            .filter(|at| Some(hosts[*at].id) != except && if panic { hosts[*at].up } else { hosts[*at].healthy() })
            .collect();
        let known: Vec<f64> = hosts.iter().filter_map(|host| host.average_ms).collect();
        let usual_ms = known.iter().sum::<f64>() / known.len().max(1) as f64;
        let mut draw = || open.get(random.random_range(0..open.len().max(1))).copied();
        let (one, two) = (draw()?, draw()?);
        let best = if hosts[two].cost(usual_ms) < hosts[one].cost(usual_ms) { two } else { one };
        hosts[best].under_way += 1;
        Some(Slot { id: hosts[best].id, state: self.state.clone() })
    }

    async fn run(&self, slot: Slot, request: Request) -> Result<Reply, NetworkError> {
        let began = Instant::now();
        let result = self.network.send(slot.id, request).await;
        let mut state = self.state.lock().unwrap();
        if let Some(host) = state.hosts.iter_mut().find(|host| host.id == slot.id) {
            if result.is_ok() {
                let took_ms = began.elapsed().as_millis() as f64;
                host.average_ms = Some(host.average_ms.map_or(took_ms, |average| 0.7 * average + 0.3 * took_ms));
                (host.strikes, host.back_at) = (0, None);
            } else {
                host.strikes += 1;
                if host.strikes >= self.policy.eject_after || host.back_at.is_some_and(|at| began >= at) {
                    host.back_at = Some(Instant::now() + Duration::from_millis(self.policy.eject_ms));
                }
            }
        }
        drop(state);
        result
    }
}

/// Reads all there is, then waits for more.
async fn keep_reading(registry: Arc<dyn Registry>, state: Shared, policy: Policy, tell: watch::Sender<bool>) {
    loop {
        match registry.next_event().await {
            Ok(event) => {
                let up = event.status == Status::Up;
                let mut state = state.lock().unwrap();
                match state.hosts.iter_mut().find(|host| host.id == event.instance) {
                    Some(host) if host.version < event.version => (host.version, host.up) = (event.version, up),
                    Some(_) => {}
                    None => state.hosts.push(Host {
                        id: event.instance,
                        version: event.version,
                        up,
                        under_way: 0,
                        average_ms: None,
                        strikes: 0,
                        back_at: None,
                    }),
                }
                tell.send_replace(true);
            }
            Err(_) => sleep(Duration::from_millis(policy.registry_retry_ms / 2)).await,
        }
    }
}
