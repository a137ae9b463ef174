//! One task owns all that is known and hears news, questions and results through channels; it takes the better of two
//! instances drawn at random. The departed keep nothing but their version.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use harness::Random;
use ch01::moving_targets::{
    CallError, Event, InstanceId, LoadBalancer, Network, NetworkError, Policy, Registry, Reply, Request, Status,
};
use rand::RngExt;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep};

pub struct Balancer {
    network: Arc<dyn Network>,
    desk: mpsc::UnboundedSender<Note>,
}

enum Note {
    News(Event),
    Wanted { except: Option<InstanceId>, answer: oneshot::Sender<Option<Ticket>> },
    Over { instance: InstanceId, number: u64, success: Option<bool> },
}

/// An attempt under way. Says that it is over when it is dropped, whatever the reason.
struct Ticket {
    instance: InstanceId,
    number: u64,
    success: Option<bool>,
    desk: mpsc::UnboundedSender<Note>,
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let note = Note::Over { instance: self.instance, number: self.number, success: self.success };
        let _ = self.desk.send(note);
    }
}

#[async_trait]
impl LoadBalancer for Balancer {
    fn new(registry: Arc<dyn Registry>, network: Arc<dyn Network>, policy: Policy, random: Random) -> Self {
        let (desk, notes) = mpsc::unbounded_channel();
        let clerk = Clerk { instances: BTreeMap::new(), versions: BTreeMap::new(), policy, random, tickets: 0 };
        tokio::spawn(clerk.work(notes, desk.downgrade()));
        tokio::spawn(read(registry, desk.clone(), policy));
        Balancer { network, desk }
    }

    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        let mut tried = None;
        let mut last = None;
        for _ in 0..2 {
            let Some(mut ticket) = self.ticket(tried).await else { break };
            tried = Some(ticket.instance);
            let result: Result<Reply, NetworkError> = self.network.send(ticket.instance, request).await;
            ticket.success = Some(result.is_ok());
            match result {
                Ok(reply) => return Ok(reply),
                Err(error) => last = Some(error),
            }
        }
        Err(last.map_or(CallError::NoInstances, |last| CallError::Failed { last }))
    }
}

impl Balancer {
    async fn ticket(&self, except: Option<InstanceId>) -> Option<Ticket> {
        let (answer, answered) = oneshot::channel();
        self.desk.send(Note::Wanted { except, answer }).ok()?;
        answered.await.ok()?
    }
}

async fn read(registry: Arc<dyn Registry>, desk: mpsc::UnboundedSender<Note>, policy: Policy) {
    while !desk.is_closed() {
        match registry.next_event().await {
            Ok(event) => drop(desk.send(Note::News(event))),
            Err(_) => sleep(Duration::from_millis(policy.registry_retry_ms * 3 / 4)).await,
        }
    }
}

struct Clerk {
    /// Only those that are up.
    instances: BTreeMap<InstanceId, Instance>,
    versions: BTreeMap<InstanceId, u64>,
    policy: Policy,
    random: Random,
    tickets: u64,
}

#[derive(Default)]
struct Instance {
    tickets: BTreeSet<u64>,
    failures: u32,
    health: Health,
}

#[derive(Default)]
enum Health {
    #[default]
    Good,
    Ejected {
        until: Option<Instant>,
        probe: Option<u64>,
    },
}

impl Instance {
    fn is_open(&self) -> bool {
        match self.health {
            Health::Good => true,
            Health::Ejected { until, probe } => probe.is_none() && until.is_none_or(|until| Instant::now() >= until),
        }
    }
}

impl Clerk {
    async fn work(mut self, mut notes: mpsc::UnboundedReceiver<Note>, desk: mpsc::WeakUnboundedSender<Note>) {
        while let Some(note) = notes.recv().await {
            match note {
                Note::News(event) => self.hear(event),
                Note::Wanted { except, answer } => {
                    let Some(desk) = desk.upgrade() else { return };
                    let ticket =
                        self.choose(except).map(|(instance, number)| Ticket { instance, number, success: None, desk });
                    let _ = answer.send(ticket);
                }
                Note::Over { instance, number, success } => self.over(instance, number, success),
            }
        }
    }

    fn hear(&mut self, event: Event) {
        let version = self.versions.entry(event.instance).or_default();
        if event.version <= *version {
            return;
        }
        *version = event.version;
        match event.status {
            Status::Up => drop(self.instances.entry(event.instance).or_default()),
            Status::Draining | Status::Departed => drop(self.instances.remove(&event.instance)),
        }
    }

    fn choose(&mut self, except: Option<InstanceId>) -> Option<(InstanceId, u64)> {
        let any_open = self.instances.values().any(Instance::is_open);
        let pool: Vec<InstanceId> = self
            .instances
            .iter()
            .filter(|(id, instance)| Some(**id) != except && (!any_open || instance.is_open()))
            .map(|(id, _)| *id)
            .collect();
        if pool.is_empty() {
            return None;
        }
        let one = pool[self.random.random_range(0..pool.len())];
        let two = pool[self.random.random_range(0..pool.len())];
        let load = |id: &InstanceId| self.instances[id].tickets.len();
        let chosen = if load(&two) < load(&one) { two } else { one };
        self.tickets += 1;
        let instance = self.instances.get_mut(&chosen)?;
        instance.tickets.insert(self.tickets);
        if let Health::Ejected { probe, .. } = &mut instance.health {
            probe.get_or_insert(self.tickets);
        }
        Some((chosen, self.tickets))
    }

    fn over(&mut self, id: InstanceId, number: u64, success: Option<bool>) {
        let eject =
            Health::Ejected { until: Some(Instant::now() + Duration::from_millis(self.policy.eject_ms)), probe: None };
        // It may have left, and come back without this ticket.
        let Some(instance) = self.instances.get_mut(&id) else { return };
        if !instance.tickets.remove(&number) {
            return;
        }
        match (&mut instance.health, success) {
            (Health::Good, Some(true)) => instance.failures = 0,
            (Health::Good, Some(false)) => {
                instance.failures += 1;
                if instance.failures >= self.policy.eject_after {
                    instance.health = eject;
                }
            }
            (Health::Ejected { probe, .. }, Some(success)) if *probe == Some(number) => {
                instance.failures = 0;
                instance.health = if success { Health::Good } else { eject };
            }
            (Health::Ejected { probe, .. }, None) if *probe == Some(number) => *probe = None,
            // Neither a call from before nor one that was given up says how it is now.
            _ => {}
        }
    }
}
