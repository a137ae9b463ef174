//! Which events could have influenced which: the happens-before relation itself (Lamport 1978, "Time, Clocks, and the
//! Ordering of Events in a Distributed System").
//!
//! A learner's clock is judged against the truth, so the truth must not come from a clock that could share its bugs. It
//! comes from the definition: an event follows the one before it on its node, a receive follows its send, and nothing
//! else is ordered. Each event keeps how many events of every node lie in its past, which makes a comparison one look
//! into a table; the table has as many numbers as there are events times nodes (5,000 events of 25 nodes: 500 kB).

use std::collections::BTreeMap;

/// What an event is. `M` names messages; a message is sent once and may be received any number of times, by anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Act<M> {
    /// Something that concerns its own node alone.
    Local,
    /// A message leaves.
    Send(M),
    /// A message arrives.
    Receive(M),
}

/// An event of a node, which `N` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Event<N, M> {
    /// Where it happens.
    pub node: N,
    /// What happens.
    pub act: Act<M>,
}

impl<N, M> Event<N, M> {
    /// Something that concerns `node` alone.
    pub fn local(node: N) -> Self {
        Event { node, act: Act::Local }
    }

    /// `node` sends `message`.
    pub fn send(node: N, message: M) -> Self {
        Event { node, act: Act::Send(message) }
    }

    /// `node` receives `message`.
    pub fn receive(node: N, message: M) -> Self {
        Event { node, act: Act::Receive(message) }
    }
}

/// How two events stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Relation {
    /// They are the same event.
    Same,
    /// The first happened before the second.
    Before,
    /// The second happened before the first.
    After,
    /// Neither can have influenced the other.
    Concurrent,
}

/// The happens-before relation over a list of events, which are named by their places in it.
#[derive(Clone, Debug)]
pub struct HappensBefore {
    nodes: usize,
    /// For each event, its node.
    node: Vec<usize>,
    /// For each event, how many events of each node happened before it or are it.
    past: Vec<u32>,
}

impl HappensBefore {
    /// The relation over `events`, given in an order in which they may have happened: those of a node in the order of
    /// that node, and every receive after its send.
    ///
    /// # Panics
    ///
    /// If a message is received that was not sent before, or sent twice: whoever recorded the events is wrong.
    pub fn of<N: Ord, M: Ord>(events: &[Event<N, M>]) -> Self {
        let mut numbers = BTreeMap::new();
        for event in events {
            let next = numbers.len();
            numbers.entry(&event.node).or_insert(next);
        }
        let nodes = numbers.len();
        let mut past = Vec::with_capacity(events.len() * nodes);
        let mut last: Vec<Option<usize>> = vec![None; nodes];
        let mut sent = BTreeMap::new();
        for (place, event) in events.iter().enumerate() {
            let node = numbers[&event.node];
            let start = past.len();
            match last[node] {
                Some(before) => past.extend_from_within(before * nodes..(before + 1) * nodes),
                None => past.resize(start + nodes, 0),
            }
            match &event.act {
                Act::Local => {}
                Act::Send(message) => {
                    let earlier = sent.insert(message, place);
                    assert!(earlier.is_none(), "event {place} sends a message that was sent before");
                }
                Act::Receive(message) => {
                    let send = sent.get(message).unwrap_or_else(|| {
                        panic!("event {place} receives a message that was not sent before it in the list")
                    });
                    for other in 0..nodes {
                        past[start + other] = past[start + other].max(past[send * nodes + other]);
                    }
                }
            }
            past[start + node] += 1;
            last[node] = Some(place);
        }
        let node = events.iter().map(|event| numbers[&event.node]).collect();
        HappensBefore { nodes, node, past }
    }

    /// How many events there are.
    pub fn len(&self) -> usize {
        self.node.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.node.is_empty()
    }

    /// Whether `earlier` happened before `later`, and so may have influenced it. No event happens before itself.
    pub fn before(&self, earlier: usize, later: usize) -> bool {
        let node = self.node[earlier];
        earlier != later && self.past[later * self.nodes + node] >= self.past[earlier * self.nodes + node]
    }

    /// Whether two different events are unordered: neither can have influenced the other.
    pub fn concurrent(&self, one: usize, other: usize) -> bool {
        self.relation(one, other) == Relation::Concurrent
    }

    /// How `one` stands to `other`.
    pub fn relation(&self, one: usize, other: usize) -> Relation {
        match (one == other, self.before(one, other), self.before(other, one)) {
            (true, ..) => Relation::Same,
            (_, true, _) => Relation::Before,
            (_, _, true) => Relation::After,
            _ => Relation::Concurrent,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Reachability along the edges of the definition, by brute force.
    fn closure(events: &[Event<u8, usize>]) -> Vec<Vec<bool>> {
        let count = events.len();
        let mut reach = vec![vec![false; count]; count];
        for later in 0..count {
            for earlier in 0..later {
                let same_node = events[earlier].node == events[later].node;
                let delivered = match (&events[earlier].act, &events[later].act) {
                    (Act::Send(sent), Act::Receive(received)) => sent == received,
                    _ => false,
                };
                reach[earlier][later] = same_node || delivered;
            }
        }
        for middle in 0..count {
            for from in 0..count {
                for to in 0..count {
                    reach[from][to] |= reach[from][middle] && reach[middle][to];
                }
            }
        }
        reach
    }

    /// A run out of numbers: each is an event, a receive of some message on its way where it asks for one.
    fn run(numbers: &[(u8, u8)]) -> Vec<Event<u8, usize>> {
        let mut sent = Vec::new();
        let mut events = Vec::new();
        for (place, &(node, what)) in numbers.iter().enumerate() {
            events.push(match what {
                0..=63 => Event::local(node),
                64..=140 => {
                    sent.push(place);
                    Event::send(node, place)
                }
                _ if sent.is_empty() => Event::local(node),
                _ => Event::receive(node, sent[usize::from(what) % sent.len()]),
            });
        }
        events
    }

    #[test]
    fn a_receive_follows_what_its_sender_knew() {
        let events = [
            Event::local("a"),
            Event::send("a", 1),
            Event::local("b"),
            Event::receive("b", 1),
            Event::local("a"),
            Event::send("b", 2),
            Event::receive("c", 2),
        ];
        let order = HappensBefore::of(&events);
        assert_eq!(order.len(), 7);
        assert!(order.before(0, 6), "along two messages");
        assert!(order.concurrent(2, 1) && order.concurrent(0, 2), "b had heard nothing yet");
        assert!(order.concurrent(4, 6), "a said nothing after its first message");
        assert_eq!(order.relation(6, 0), Relation::After);
        assert_eq!(order.relation(3, 3), Relation::Same);
        assert!(!order.before(3, 3) && !order.concurrent(3, 3));
    }

    #[test]
    fn a_duplicate_orders_both_of_its_receives() {
        let events = [Event::send(1, 'm'), Event::receive(2, 'm'), Event::receive(3, 'm'), Event::receive(2, 'm')];
        let order = HappensBefore::of(&events);
        assert!(order.before(0, 1) && order.before(0, 2) && order.before(1, 3));
        assert!(order.concurrent(1, 2));
    }

    #[test]
    #[should_panic(expected = "event 0 receives a message that was not sent before it")]
    fn a_receive_without_a_send_is_a_bug_of_the_recorder() {
        HappensBefore::of(&[Event::receive(1, 'm')]);
    }

    #[test]
    #[should_panic(expected = "event 1 sends a message that was sent before")]
    fn a_message_sent_twice_is_a_bug_of_the_recorder() {
        HappensBefore::of(&[Event::send(1, 'm'), Event::send(2, 'm')]);
    }

    proptest! {
        #[test]
        fn the_relation_is_the_transitive_closure_of_its_definition(
            numbers in prop::collection::vec((0..5_u8, any::<u8>()), 0..60)
        ) {
            let events = run(&numbers);
            let order = HappensBefore::of(&events);
            let truth = closure(&events);
            for (earlier, row) in truth.iter().enumerate() {
                for (later, &reachable) in row.iter().enumerate() {
                    prop_assert_eq!(order.before(earlier, later), reachable, "{} and {}", earlier, later);
                }
            }
        }
    }
}
