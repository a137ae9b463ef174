//! The work: what every contestant does, to the message.
//!
//! Five nodes. At the start each sends eight messages, every one to a peer drawn at random. Whoever receives a message sends
//! a new one to a peer drawn at random, so forty are under way at any time. A message travels 1 to 10 ms, and one in a
//! hundred is lost. A lost message is sent again after 50 ms, and how its sender comes to know of the loss is the
//! difference between two kinds of work:
//!
//! - [`Style::Acknowledged`]: as in a real system, not at all. The receiver acknowledges every message; the sender sets a
//!   timer of 50 ms with every message, and the acknowledgement cancels it. Acknowledgements get lost, too. A message that
//!   comes twice for that reason is acknowledged again and otherwise ignored. So a delivery is a little more than two
//!   messages on the network, one timer set, and nearly always one cancelled.
//! - [`Style::Told`]: at once, for the sender itself draws whether a message is lost, and sets a timer of 50 ms only then.
//!   So a delivery is one message and little else, and what a message costs is seen without the rest.
//!
//! **What counts.** A delivery is a message that is received for the first time. Acknowledgements and duplicates are work
//! that a delivery brings with it, the same for all contestants, and are not counted.
//!
//! Everything above that is not the network, the clock and the timers is in [`Node`], and all contestants run it: who is
//! drawn, what is a duplicate, what is still unacknowledged. What is compared is the rest. And because a benchmark that
//! does less than it claims is fast, every run ends in [`Tally::prove`].

use rand::{Rng, RngExt};
use serde::{Deserialize, Serialize};
use sim::{Choice, Random};

/// How many nodes there are.
pub const NODES: usize = 5;
/// How many messages each node begins with.
pub const IN_FLIGHT: usize = 8;
/// The shortest way of a message, in milliseconds of virtual time.
pub const MIN_LATENCY_MS: u64 = 1;
/// The longest way of a message, in milliseconds of virtual time.
pub const MAX_LATENCY_MS: u64 = 10;
/// The share of messages that are lost.
pub const LOSS: f64 = 0.01;
/// After how long without acknowledgement a message is sent again, in milliseconds of virtual time.
pub const RESEND_MS: u64 = 50;

/// How a sender comes to know that a message is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Style {
    /// No acknowledgement comes in time.
    Acknowledged,
    /// It decides that itself.
    Told,
}

/// One run of the work.
#[derive(Clone, Copy, Debug)]
pub struct Work {
    /// Which kind.
    pub style: Style,
    /// Runs with the same seed go the same way.
    pub seed: u64,
    /// The run ends with this many deliveries.
    pub deliveries: u64,
}

impl Work {
    /// What share of messages the network is to lose.
    pub fn network_loss(self) -> f64 {
        match self.style {
            Style::Acknowledged => LOSS,
            Style::Told => 0.0,
        }
    }

    /// The generator of one node, for whom it sends to and, where that is left to it, what is lost.
    pub fn random(self, node: usize) -> Random {
        Choice::new(self.seed).part("node", node as u64).stream("peers")
    }
}

/// A message that is to be sent: the `number`th from its sender to node `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Message {
    /// Whom it goes to.
    pub to: usize,
    /// Its number on this way, from zero.
    pub number: u64,
}

/// What a node does, apart from network, clock and timers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Node {
    me: usize,
    next: [u64; NODES],
    acknowledged: [Window; NODES],
    received: [Window; NODES],
    /// What this node has seen; it does not know of [`Tally::sent`] and [`Tally::lost`].
    pub tally: Tally,
}

impl Node {
    /// The node with this index, before its first message.
    pub fn new(me: usize) -> Self {
        Node {
            me,
            next: [0; NODES],
            acknowledged: Default::default(),
            received: Default::default(),
            tally: Tally::default(),
        }
    }

    /// A new message to a peer drawn at random.
    pub fn send(&mut self, random: &mut impl Rng) -> Message {
        let other = random.random_range(0..NODES - 1);
        let to = if other < self.me { other } else { other + 1 };
        let number = self.next[to];
        self.next[to] += 1;
        Message { to, number }
    }

    /// A message has arrived. What is to be sent then, beside the acknowledgement; nothing if the message is known.
    pub fn receive(&mut self, from: usize, number: u64, random: &mut impl Rng) -> Option<Message> {
        if !self.received[from].insert(number) {
            self.tally.duplicates += 1;
            return None;
        }
        self.tally.deliveries += 1;
        Some(self.send(random))
    }

    /// An acknowledgement has arrived. Whether it is the first for this message.
    pub fn acknowledge(&mut self, from: usize, number: u64) -> bool {
        self.acknowledged[from].insert(number)
    }

    /// The timer of this message goes off. Whether it must be sent again.
    pub fn expire(&mut self, message: Message) -> bool {
        let open = !self.acknowledged[message.to].contains(message.number);
        self.tally.resends += u64::from(open);
        open
    }
}

/// A set of numbers that fills up from below: all under `low`, and of the next 128 those whose bit is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Window {
    low: u64,
    bits: u128,
}

impl Window {
    fn contains(self, number: u64) -> bool {
        number < self.low || (number - self.low < 128 && self.bits >> (number - self.low) & 1 == 1)
    }

    /// Whether the number is new.
    fn insert(&mut self, number: u64) -> bool {
        if self.contains(number) {
            return false;
        }
        let ahead = number - self.low;
        assert!(ahead < 128, "a message is overtaken by 128 others only if it is lost half a dozen times");
        self.bits |= 1 << ahead;
        let full = self.bits.trailing_ones();
        self.bits = self.bits.checked_shr(full).unwrap_or(0);
        self.low += u64::from(full);
        true
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tally {
    /// Messages received for the first time.
    pub deliveries: u64,
    /// Messages received again.
    pub duplicates: u64,
    /// Timers that went off and had a message sent again.
    pub resends: u64,
    /// Everything that was sent, acknowledgements and lost messages included.
    pub sent: u64,
    /// How much of that was lost.
    pub lost: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.deliveries += other.deliveries;
        self.duplicates += other.duplicates;
        self.resends += other.resends;
        self.sent += other.sent;
        self.lost += other.lost;
    }
}

impl Tally {
    /// Panics unless these `runs` of `work`, taken together, did the work.
    ///
    /// Some counts are exact: what was received is acknowledged, and nothing is sent again unless something was lost.
    /// How much was lost is chance, within five standard deviations. A loss of the last 50 ms has not been mended when
    /// the run ends; there are at most about seven, as at most some 700 messages are sent in that time.
    pub fn prove(&self, work: Work, runs: u64) {
        assert!(self.deliveries >= work.deliveries * runs, "too few deliveries: {self:?}");
        let acks = match work.style {
            Style::Acknowledged => self.deliveries + self.duplicates,
            Style::Told => 0,
        };
        let begun = runs * (NODES * IN_FLIGHT) as u64;
        let data = self.deliveries + begun + self.resends;
        assert!(self.sent.abs_diff(acks + data) <= begun, "sent something else: {self:?}");
        assert!(self.duplicates <= self.resends, "duplicates that nobody sent: {self:?}");

        let expected = self.sent as f64 * LOSS;
        let deviation = (expected * (1.0 - LOSS)).sqrt();
        assert!((self.lost as f64 - expected).abs() <= 5.0 * deviation, "lost too much or too little: {self:?}");

        assert!(self.resends <= self.lost, "sent again what was not lost: {self:?}");
        let open = 7.2 * runs as f64;
        assert!(((self.lost - self.resends) as f64) < 5.0 * open.sqrt() + 2.0 * open, "losses not mended: {self:?}");
    }
}

/// What goes over a network that carries bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Packet {
    /// Whether it is an acknowledgement.
    pub ack: bool,
    /// Who sends it.
    pub from: usize,
    /// Which message it is or acknowledges.
    pub number: u64,
}

impl Packet {
    /// The length of a packet in bytes.
    pub const SIZE: usize = 10;

    /// As bytes.
    pub fn encode(self) -> [u8; Packet::SIZE] {
        let mut bytes = [0; Packet::SIZE];
        bytes[0] = u8::from(self.ack);
        bytes[1] = self.from as u8;
        bytes[2..].copy_from_slice(&self.number.to_le_bytes());
        bytes
    }

    /// From bytes.
    pub fn decode(bytes: &[u8; Packet::SIZE]) -> Self {
        let (head, number) = bytes.split_at(2);
        let number = u64::from_le_bytes(number.try_into().expect("eight bytes are left"));
        Packet { ack: head[0] == 1, from: usize::from(head[1]), number }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORK: Work = Work { style: Style::Acknowledged, seed: 1, deliveries: 100_000 };

    #[test]
    fn a_message_is_new_once_in_whatever_order_it_comes() {
        let mut window = Window::default();
        for number in [2, 0, 1, 5, 127, 3, 4] {
            assert!(window.insert(number), "{number}");
            assert!(!window.insert(number), "{number}");
        }
        assert_eq!(window.low, 6);
        assert!(window.contains(127) && !window.contains(126));
        assert!((6..127).all(|number| window.insert(number)));
        assert_eq!(window, Window { low: 128, bits: 0 });
    }

    #[test]
    fn a_window_of_128_fills_up() {
        let mut window = Window::default();
        assert!((0..128).rev().all(|number| window.insert(number)));
        assert_eq!(window, Window { low: 128, bits: 0 });
    }

    #[test]
    fn a_duplicate_is_not_a_delivery_and_moves_nothing_on() {
        let mut node = Node::new(0);
        let random = &mut WORK.random(0);
        assert!(node.receive(3, 0, random).is_some());
        assert_eq!(node.receive(3, 0, random), None);
        assert_eq!((node.tally.deliveries, node.tally.duplicates), (1, 1));
    }

    #[test]
    fn a_node_sends_to_all_others_and_never_to_itself() {
        let mut node = Node::new(2);
        let mut sent = [0; NODES];
        let random = &mut WORK.random(2);
        (0..400).for_each(|_| sent[node.send(random).to] += 1);
        assert_eq!(sent[2], 0);
        assert!(sent.iter().filter(|&&count| count > 60).count() == NODES - 1, "{sent:?}");
    }

    #[test]
    fn an_acknowledged_message_is_not_sent_again() {
        let mut node = Node::new(0);
        let random = &mut WORK.random(0);
        let (one, other) = (node.send(random), node.send(random));
        assert!(node.acknowledge(one.to, one.number));
        assert!(!node.expire(one));
        assert!(node.expire(other));
        assert_eq!(node.tally.resends, 1);
    }

    #[test]
    fn a_packet_survives_the_wire() {
        let packet = Packet { ack: true, from: 4, number: 1 << 40 };
        assert_eq!(Packet::decode(&packet.encode()), packet);
    }

    const DONE: Tally = Tally { deliveries: 100_000, duplicates: 1_010, resends: 2_033, sent: 203_083, lost: 2_040 };

    #[test]
    fn work_that_was_done_is_proven() {
        DONE.prove(WORK, 1);
    }

    #[test]
    fn work_without_acknowledgements_is_proven() {
        let told = Tally { deliveries: 100_000, duplicates: 0, resends: 1_008, sent: 101_048, lost: 1_012 };
        told.prove(Work { style: Style::Told, ..WORK }, 1);
    }

    #[test]
    #[should_panic(expected = "lost too much or too little")]
    fn a_network_that_loses_nothing_is_found_out() {
        Tally { duplicates: 0, resends: 0, sent: 200_040, lost: 0, ..DONE }.prove(WORK, 1);
    }

    #[test]
    #[should_panic(expected = "losses not mended")]
    fn messages_that_are_not_sent_again_are_found_out() {
        Tally { duplicates: 0, resends: 0, sent: 200_040, lost: 2_000, ..DONE }.prove(WORK, 1);
    }

    #[test]
    #[should_panic(expected = "sent something else")]
    fn missing_acknowledgements_are_found_out() {
        Tally { sent: 102_073, lost: 1_021, ..DONE }.prove(WORK, 1);
    }
}
