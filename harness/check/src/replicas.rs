//! Replicas: that they converge, and that they deliver in causal order.

use std::collections::BTreeSet;

use crate::causality::{Act, Event, HappensBefore};
use crate::violation::{Rule, Violation};

/// All replicas are in the same state, once they have heard everything. The states are in any order, one a replica.
pub fn converged<S: PartialEq>(states: &[S]) -> Result<(), Violation> {
    match states.iter().position(|state| *state != states[0]) {
        Some(place) => Err(Violation::new(Rule::Convergence, place, 0)),
        None => Ok(()),
    }
}

/// Causal order: before a node delivers a message, it has delivered every message to it that was sent before, in the
/// sense of happens-before (Birman and Joseph 1987). A node counts as having delivered what it sent itself.
///
/// [`Act::Receive`] stands for the delivery, not for an arrival that may have to wait; [`Act::Send`] for a broadcast.
/// `is_for` says to whom a message goes; `|_, _| true` where everything goes to everybody. The violation points at the
/// delivery that came too early, and at the sending of the message that should have come before.
///
/// # Panics
///
/// Like [`HappensBefore::of`].
pub fn delivered_in_causal_order<N: Ord, M: Ord>(
    events: &[Event<N, M>],
    is_for: impl Fn(&M, &N) -> bool,
) -> Result<(), Violation> {
    let order = HappensBefore::of(events);
    let sends: Vec<(usize, &M)> = events
        .iter()
        .enumerate()
        .filter_map(|(place, event)| match &event.act {
            Act::Send(message) => Some((place, message)),
            _ => None,
        })
        .collect();
    let mut delivered = BTreeSet::new();
    for (place, event) in events.iter().enumerate() {
        let Act::Receive(message) = &event.act else { continue };
        let sent = sends.iter().find(|(_, other)| *other == message).expect("it was sent, or there is no order").0;
        for (earlier, missing) in &sends {
            let due =
                order.before(*earlier, sent) && events[*earlier].node != event.node && is_for(missing, &event.node);
            if due && !delivered.contains(&(&event.node, *missing)) {
                return Err(Violation::new(Rule::CausalOrder, place, *earlier));
            }
        }
        delivered.insert((&event.node, message));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_replicas_have_converged() {
        assert_eq!(converged(&[3, 3, 3]), Ok(()));
        assert_eq!(converged::<u8>(&[]), Ok(()));
    }

    #[test]
    fn a_replica_that_differs_is_named() {
        assert_eq!(converged(&[3, 3, 4, 5]), Err(Violation::new(Rule::Convergence, 2, 0)));
    }

    fn everybody(_: &char, _: &&str) -> bool {
        true
    }

    #[test]
    fn an_answer_comes_after_its_question() {
        let mut events = vec![
            Event::send("ann", 'q'),
            Event::receive("bob", 'q'),
            Event::send("bob", 'a'),
            Event::receive("eve", 'q'),
            Event::receive("eve", 'a'),
            Event::receive("ann", 'a'),
        ];
        assert_eq!(delivered_in_causal_order(&events, everybody), Ok(()));
        events.swap(3, 4);
        assert_eq!(delivered_in_causal_order(&events, everybody), Err(Violation::new(Rule::CausalOrder, 3, 0)));
    }

    #[test]
    fn what_one_node_sends_is_delivered_in_that_order() {
        let events =
            [Event::send("ann", '1'), Event::send("ann", '2'), Event::receive("bob", '2'), Event::receive("bob", '1')];
        assert_eq!(delivered_in_causal_order(&events, everybody), Err(Violation::new(Rule::CausalOrder, 2, 0)));
    }

    #[test]
    fn unrelated_messages_come_in_any_order() {
        let events = [
            Event::send("ann", '1'),
            Event::send("bob", '2'),
            Event::receive("eve", '1'),
            Event::receive("eve", '2'),
            Event::receive("dan", '2'),
            Event::receive("dan", '1'),
        ];
        assert_eq!(delivered_in_causal_order(&events, everybody), Ok(()));
    }

    #[test]
    fn a_message_to_somebody_else_is_not_waited_for() {
        let events =
            [Event::send("ann", 'b'), Event::receive("bob", 'b'), Event::send("bob", 'e'), Event::receive("eve", 'e')];
        let to = |message: &char, node: &&str| node.starts_with(*message);
        assert_eq!(delivered_in_causal_order(&events, to), Ok(()));
        assert_eq!(delivered_in_causal_order(&events, everybody), Err(Violation::new(Rule::CausalOrder, 3, 0)));
    }
}
