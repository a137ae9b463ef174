//! The bare event loop: one heap and a `match`, written for this work alone. It is the measure of what a world costs in
//! which any process may run and anything may go wrong.
//!
//! A heap cannot forget an event in its middle. So a timer that is cancelled stays, and is ignored when its time comes:
//! cheaper than any bookkeeping that would take it out.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use rand::RngExt;
use sim::{Choice, Random};

use crate::work::{self, Message, NODES, Node, Style, Tally, Work};

/// Does the work.
pub fn run(work: Work) -> Tally {
    let mut bare = Bare::new(work);
    let mut nodes: Vec<(Node, Random)> = (0..NODES).map(|me| (Node::new(me), work.random(me))).collect();
    for (me, (node, random)) in nodes.iter_mut().enumerate() {
        for _ in 0..work::IN_FLIGHT {
            bare.send(me, node.send(random));
        }
    }
    let mut deliveries = 0;
    while deliveries < work.deliveries {
        let Reverse((at_us, _, event)) = bare.heap.pop().expect("a timer is always set");
        bare.now_us = at_us;
        match event {
            Event::Data { from, to, number } => {
                if work.style == Style::Acknowledged {
                    bare.post(Event::Ack { from: to, to: from, number });
                }
                let (node, random) = &mut nodes[to];
                if let Some(next) = node.receive(from, number, random) {
                    deliveries += 1;
                    bare.send(to, next);
                }
            }
            Event::Ack { from, to, number } => {
                nodes[to].0.acknowledge(from, number);
            }
            Event::Timer { of, message } => {
                if nodes[of].0.expire(message) {
                    bare.send(of, message);
                }
            }
        }
    }
    let mut tally = Tally { sent: bare.sent, lost: bare.lost, ..Tally::default() };
    nodes.iter().for_each(|(node, _)| tally += node.tally);
    tally
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Data { from: usize, to: usize, number: u64 },
    Ack { from: usize, to: usize, number: u64 },
    Timer { of: usize, message: Message },
}

/// Network, clock and timers.
struct Bare {
    style: Style,
    now_us: u64,
    events: u64,
    heap: BinaryHeap<Reverse<(u64, u64, Event)>>,
    random: Random,
    sent: u64,
    lost: u64,
}

impl Bare {
    fn new(work: Work) -> Self {
        let random = Choice::new(work.seed).stream("network");
        Bare { style: work.style, now_us: 0, events: 0, heap: BinaryHeap::new(), random, sent: 0, lost: 0 }
    }

    fn push(&mut self, at_us: u64, event: Event) {
        self.events += 1;
        self.heap.push(Reverse((at_us, self.events, event)));
    }

    /// Gives an event to the network. Whether it arrives.
    fn post(&mut self, event: Event) -> bool {
        self.sent += 1;
        if self.random.random_bool(work::LOSS) {
            self.lost += 1;
            return false;
        }
        let latency_us = self.random.random_range(work::MIN_LATENCY_MS * 1_000..=work::MAX_LATENCY_MS * 1_000);
        self.push(self.now_us + latency_us, event);
        true
    }

    fn send(&mut self, from: usize, message: Message) {
        let arrives = self.post(Event::Data { from, to: message.to, number: message.number });
        if self.style == Style::Acknowledged || !arrives {
            self.push(self.now_us + work::RESEND_MS * 1_000, Event::Timer { of: from, message });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Work = Work { style: Style::Acknowledged, seed: 1, deliveries: 100_000 };

    #[test]
    fn it_does_the_work_to_the_last_delivery() {
        for style in [Style::Acknowledged, Style::Told] {
            let tally = run(Work { style, ..WORK });
            tally.prove(Work { style, ..WORK }, 1);
            assert_eq!(tally.deliveries, WORK.deliveries);
        }
    }

    #[test]
    fn the_same_seed_goes_the_same_way() {
        assert_eq!(run(WORK), run(WORK));
        assert_ne!(run(WORK), run(Work { seed: 2, ..WORK }));
    }
}
