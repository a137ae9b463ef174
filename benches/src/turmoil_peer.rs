//! turmoil: every node a host with a tokio runtime of its own, messages over its UDP sockets.
//!
//! Two things are adapted to it. Its `fail_rate` does not lose a message: it breaks a link, with all that is under way on
//! it. So the loss is drawn by the sender, and a lost message costs turmoil nothing. Its latency is drawn from an exponential
//! distribution, in whole milliseconds; the curve is set so that the mean is that of the others, 5.5 ms.
//!
//! A node keeps its 50 ms timers in a queue and one task asleep until the first of them. As all are equally long, the
//! queue is in order by itself. The other way, a task asleep for every message, made turmoil a fifth slower.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::rc::Rc;
use std::time::Duration;

use rand::RngExt;
use sim::Random;
use tokio::time::{Instant, sleep_until};
use turmoil::net::UdpSocket;

use crate::work::{self, Message, NODES, Node, Packet, Style, Tally, Work};

const PORT: u16 = 9000;
/// With this curve, floor(9 · min(x, 1)) + 1 milliseconds has a mean of 5.5.
const LATENCY_CURVE: f64 = 1.39;

/// Does the work.
///
/// turmoil runs in steps of a millisecond, so there are a few deliveries more than asked for.
pub fn run(work: Work) -> Tally {
    let mut simulation = turmoil::Builder::new()
        .rng_seed(work.seed)
        .simulation_duration(Duration::from_secs(1_000_000_000))
        .min_message_latency(Duration::from_millis(work::MIN_LATENCY_MS))
        .max_message_latency(Duration::from_millis(work::MAX_LATENCY_MS))
        .build();
    simulation.set_message_latency_curve(LATENCY_CURVE);
    let peers = std::array::from_fn(|index| SocketAddr::new(simulation.lookup(format!("n{index}")), PORT));
    let total = Rc::new(Cell::new(0));
    let hosts: Vec<Rc<Host>> = (0..NODES).map(|me| Rc::new(Host::new(work, me, peers, total.clone()))).collect();
    for (me, host) in hosts.iter().enumerate() {
        simulation.client(format!("n{me}"), live(host.clone()));
    }
    while total.get() < work.deliveries {
        simulation.step().expect("no node ever fails");
    }
    let mut tally = Tally::default();
    hosts.iter().for_each(|host| tally += host.tally());
    tally
}

struct Host {
    me: usize,
    style: Style,
    peers: [SocketAddr; NODES],
    node: RefCell<Node>,
    /// Decides who is sent to, and what is lost.
    random: RefCell<Random>,
    /// Messages and when their timers go off, soonest first. The cancelled ones are still among them.
    timers: RefCell<VecDeque<(Instant, Message)>>,
    sent: Cell<u64>,
    lost: Cell<u64>,
    /// Deliveries of all nodes.
    total: Rc<Cell<u64>>,
}

/// The program of a host: it sends its first messages, and then reacts to messages and timers for ever.
async fn live(host: Rc<Host>) -> turmoil::Result {
    let socket = Rc::new(UdpSocket::bind((IpAddr::V4(Ipv4Addr::UNSPECIFIED), PORT)).await?);
    for _ in 0..work::IN_FLIGHT {
        let first = host.node.borrow_mut().send(&mut *host.random.borrow_mut());
        host.send(&socket, first)?;
    }
    tokio::task::spawn_local(resend(host.clone(), socket.clone()));
    let mut bytes = [0; Packet::SIZE];
    loop {
        socket.recv_from(&mut bytes).await?;
        host.receive(&socket, Packet::decode(&bytes))?;
    }
}

async fn resend(host: Rc<Host>, socket: Rc<UdpSocket>) -> turmoil::Result {
    loop {
        let first = host.timers.borrow().front().map(|&(at, _)| at);
        sleep_until(first.unwrap_or_else(|| Instant::now() + Duration::from_millis(work::RESEND_MS))).await;
        while let Some(message) = host.due() {
            if host.node.borrow_mut().expire(message) {
                host.send(&socket, message)?;
            }
        }
    }
}

impl Host {
    fn new(work: Work, me: usize, peers: [SocketAddr; NODES], total: Rc<Cell<u64>>) -> Self {
        Host {
            me,
            style: work.style,
            peers,
            node: RefCell::new(Node::new(me)),
            random: RefCell::new(work.random(me)),
            timers: RefCell::default(),
            sent: Cell::default(),
            lost: Cell::default(),
            total,
        }
    }

    fn receive(&self, socket: &UdpSocket, packet: Packet) -> std::io::Result<()> {
        let Packet { ack, from, number } = packet;
        if ack {
            self.node.borrow_mut().acknowledge(from, number);
            return Ok(());
        }
        if self.style == Style::Acknowledged {
            self.post(socket, from, Packet { ack: true, from: self.me, number })?;
        }
        let next = self.node.borrow_mut().receive(from, number, &mut *self.random.borrow_mut());
        if let Some(next) = next {
            self.total.set(self.total.get() + 1);
            self.send(socket, next)?;
        }
        Ok(())
    }

    fn send(&self, socket: &UdpSocket, message: Message) -> std::io::Result<()> {
        let packet = Packet { ack: false, from: self.me, number: message.number };
        let arrives = self.post(socket, message.to, packet)?;
        if self.style == Style::Acknowledged || !arrives {
            self.timers.borrow_mut().push_back((Instant::now() + Duration::from_millis(work::RESEND_MS), message));
        }
        Ok(())
    }

    /// Gives a packet to the network, unless it gets lost. Whether it arrives.
    fn post(&self, socket: &UdpSocket, to: usize, packet: Packet) -> std::io::Result<bool> {
        self.sent.set(self.sent.get() + 1);
        let lost = self.random.borrow_mut().random_bool(work::LOSS);
        if lost {
            self.lost.set(self.lost.get() + 1);
        } else {
            socket.try_send_to(&packet.encode(), self.peers[to])?;
        }
        Ok(!lost)
    }

    /// The next message whose timer has gone off.
    fn due(&self) -> Option<Message> {
        let mut timers = self.timers.borrow_mut();
        let due = timers.front().is_some_and(|(at, _)| *at <= Instant::now());
        due.then(|| timers.pop_front().expect("it has a first").1)
    }

    fn tally(&self) -> Tally {
        Tally { sent: self.sent.get(), lost: self.lost.get(), ..self.node.borrow().tally }
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
