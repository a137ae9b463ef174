//! madsim: every node with tasks on its executor, messages over its endpoints. Latency and loss are its own.
//!
//! Sending and receiving on an endpoint each take a millisecond of virtual time, in which the task sleeps. So a node has
//! several tasks that receive; one alone would fall behind, and acknowledgements would come after their timers. A way takes
//! two milliseconds longer than the others' then, which costs virtual time only.
//!
//! The 50 ms timers are in a queue, as with turmoil.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use madsim::net::{Endpoint, NetSim};
use madsim::runtime::{Handle, NodeHandle, Runtime};
use madsim::task::spawn;
use madsim::time::{TimeHandle, sleep, sleep_until};
use rand::RngExt;
use sim::Random;
use tokio::sync::{Barrier, Notify};

use crate::work::{self, Message, NODES, Node, Packet, Style, Tally, Work};

const PORT: u16 = 9000;
/// An endpoint sorts what it receives by tag; there is but one here.
const TAG: u64 = 0;
/// A node receives four to five packets in the two milliseconds for which one of them keeps a task busy.
const RECEIVERS: usize = 16;

/// Does the work.
pub fn run(work: Work) -> Tally {
    let mut config = madsim::Config::default();
    config.net.packet_loss_rate = work.network_loss();
    config.net.send_latency = Duration::from_millis(work::MIN_LATENCY_MS)..Duration::from_millis(work::MAX_LATENCY_MS);
    let runtime = Runtime::with_seed_and_config(work.seed, config);
    let end = Arc::new(End { target: work.deliveries, total: AtomicU64::new(0), reached: Notify::new() });
    let bound = Arc::new(Barrier::new(NODES));
    let hosts: Vec<Arc<Host>> = (0..NODES).map(|me| Arc::new(Host::new(work, me, end.clone()))).collect();
    let nodes: Vec<NodeHandle> = hosts.iter().map(|host| boot(&runtime, host, &bound)).collect();
    let arrived = runtime.block_on(async {
        end.reached.notified().await;
        let arrived = NetSim::current().stat().msg_count;
        // Tasks that sleep and their timers hold on to each other. Unless they are ended, every run leaks a quarter of a
        // megabyte.
        nodes.iter().for_each(|node| Handle::current().kill(node.id()));
        sleep(Duration::from_millis(1)).await;
        arrived
    });
    let mut tally = Tally::default();
    hosts.iter().for_each(|host| tally += host.tally());
    if work.style == Style::Acknowledged {
        tally.lost = tally.sent - arrived;
    }
    tally
}

fn boot(runtime: &Runtime, host: &Arc<Host>, bound: &Arc<Barrier>) -> NodeHandle {
    let node = runtime.create_node().ip(address(host.me).ip()).build();
    node.spawn(live(host.clone(), bound.clone()));
    node
}

fn address(node: usize) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1 + node as u8)), PORT)
}

/// Counts the deliveries of all nodes, and tells when there were enough.
struct End {
    target: u64,
    total: AtomicU64,
    reached: Notify,
}

struct Host {
    me: usize,
    style: Style,
    inner: Mutex<Inner>,
    end: Arc<End>,
}

struct Inner {
    node: Node,
    random: Random,
    /// Messages and when their timers go off, soonest first. The cancelled ones are still among them.
    timers: VecDeque<(Instant, Message)>,
    sent: u64,
    /// Only what the sender decides itself; the network counts the rest.
    lost: u64,
}

/// The first task of a node: it starts the others and sends the first messages.
async fn live(host: Arc<Host>, bound: Arc<Barrier>) {
    let endpoint = Endpoint::bind(address(host.me)).await.expect("the address is free");
    bound.wait().await;
    for _ in 0..RECEIVERS {
        spawn(receive(host.clone(), endpoint.clone()));
    }
    for _ in 0..work::IN_FLIGHT {
        let first = host.inner().send();
        host.send(&endpoint, first).await;
    }
    resend(host, endpoint).await;
}

async fn receive(host: Arc<Host>, endpoint: Endpoint) {
    let mut bytes = [0; Packet::SIZE];
    loop {
        endpoint.recv_from(TAG, &mut bytes).await.expect("the network never goes down");
        let Packet { ack, from, number } = Packet::decode(&bytes);
        if ack {
            host.inner().node.acknowledge(from, number);
            continue;
        }
        let next = host.inner().receive(from, number);
        let ack = host.acknowledge(&endpoint, from, number);
        match next {
            None => ack.await,
            Some(next) => {
                host.end.count();
                tokio::join!(ack, host.send(&endpoint, next));
            }
        }
    }
}

async fn resend(host: Arc<Host>, endpoint: Endpoint) {
    let clock = TimeHandle::current();
    loop {
        let first = host.inner().timers.front().map(|&(at, _)| at);
        sleep_until(first.unwrap_or_else(|| clock.now_instant() + Duration::from_millis(work::RESEND_MS))).await;
        while let Some(message) = host.due(clock.now_instant()) {
            let open = host.inner().node.expire(message);
            if open {
                host.send(&endpoint, message).await;
            }
        }
    }
}

impl Host {
    fn new(work: Work, me: usize, end: Arc<End>) -> Self {
        let inner = Inner { node: Node::new(me), random: work.random(me), timers: VecDeque::new(), sent: 0, lost: 0 };
        Host { me, style: work.style, inner: Mutex::new(inner), end }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().expect("no task has panicked")
    }

    async fn acknowledge(&self, endpoint: &Endpoint, to: usize, number: u64) {
        if self.style == Style::Acknowledged {
            self.post(endpoint, to, Packet { ack: true, from: self.me, number }).await;
        }
    }

    async fn send(&self, endpoint: &Endpoint, message: Message) {
        let lost = self.style == Style::Told && self.inner().lose();
        if self.style == Style::Acknowledged || lost {
            let at = TimeHandle::current().now_instant() + Duration::from_millis(work::RESEND_MS);
            self.inner().timers.push_back((at, message));
        }
        if !lost {
            self.post(endpoint, message.to, Packet { ack: false, from: self.me, number: message.number }).await;
        }
    }

    async fn post(&self, endpoint: &Endpoint, to: usize, packet: Packet) {
        endpoint.send_to(address(to), TAG, &packet.encode()).await.expect("the network never goes down");
        self.inner().sent += 1;
    }

    /// The next message whose timer has gone off.
    fn due(&self, now: Instant) -> Option<Message> {
        let timers = &mut self.inner().timers;
        let due = timers.front().is_some_and(|(at, _)| *at <= now);
        due.then(|| timers.pop_front().expect("it has a first").1)
    }

    fn tally(&self) -> Tally {
        let inner = self.inner();
        Tally { sent: inner.sent, lost: inner.lost, ..inner.node.tally }
    }
}

impl Inner {
    fn send(&mut self) -> Message {
        self.node.send(&mut self.random)
    }

    /// Whether the next message is lost, if the sender decides that.
    fn lose(&mut self) -> bool {
        let lost = self.random.random_bool(work::LOSS);
        self.sent += u64::from(lost);
        self.lost += u64::from(lost);
        lost
    }

    fn receive(&mut self, from: usize, number: u64) -> Option<Message> {
        self.node.receive(from, number, &mut self.random)
    }
}

impl End {
    fn count(&self) {
        if self.total.fetch_add(1, Ordering::Relaxed) + 1 == self.target {
            self.reached.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_does_the_work() {
        for style in [Style::Acknowledged, Style::Told] {
            let work = Work { style, seed: 1, deliveries: 20_000 };
            let tally = run(work);
            tally.prove(work, 1);
            assert!(tally.deliveries < work.deliveries + 100, "{tally:?}");
        }
    }
}
