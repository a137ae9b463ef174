//! What is promised, and how each promise is judged from what was seen.

use std::collections::BTreeSet;

use explore::{Breach, Evidence};
use harness::NodeId;
use harness::exercise::{Judge, Promise};
use harness::processes::evidence;

use super::contract::{Order, Vector};
use super::schedules;
use super::world::{Events, Seen};
use crate::traffic;

type Given = traffic::Given<Vector>;
type Verdict = Result<(), Breach>;

const CAUSE: &str = "an event at one node has a cause at another that both gave a stamp";
const APART: &str = "two events that both got a stamp know nothing of each other";
const AFTER_CRASH: &str = "a node that has given stamps gives one after a crash";
const NEWCOMER: &str = "a node that knows a latecomer gives a stamp";
const EACH: [&str; 4] = [
    "two equal vectors are compared",
    "a vector is compared with a greater one",
    "a vector is compared with a smaller one",
    "two concurrent vectors are compared",
];
const MERGED: &str = "two vectors of which neither is the greater are merged";

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Events>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 30, needs, draw, judge };
    vec![
        promise("every_event_gets_its_stamp", schedules::calm, every_event_is_stamped, &[evidence::DUPLICATED]),
        promise(
            "what_happened_before_is_smaller",
            schedules::troubled,
            causes_are_smaller,
            &[CAUSE, evidence::LOST, evidence::OVERTAKEN, evidence::DUPLICATED],
        ),
        promise(
            "what_is_smaller_happened_before",
            schedules::troubled,
            smaller_are_causes,
            &[APART, evidence::LOST, evidence::OVERTAKEN, evidence::DUPLICATED],
        ),
        promise("a_vector_names_only_those_it_knows", schedules::newcomers, names_only_known, &[NEWCOMER]),
        promise("comparing_is_right_for_all_vectors", schedules::comparisons, compares, &EACH),
        promise("merging_gives_the_least_upper_bound", schedules::merges, merges, &[MERGED]),
        promise("a_crash_forgets_nothing", schedules::crashes, not_forgotten, &[AFTER_CRASH, evidence::RESTARTED]),
    ]
}

/// What comparing two vectors must give.
fn order(one: &Vector, other: &Vector) -> Order {
    let nodes: BTreeSet<&NodeId> = one.0.keys().chain(other.0.keys()).collect();
    let count = |vector: &Vector, node| vector.0.get(node).copied().unwrap_or(0);
    let any = |greater: &Vector, smaller: &Vector| nodes.iter().any(|node| count(greater, node) > count(smaller, node));
    match (any(one, other), any(other, one)) {
        (false, false) => Order::Equal,
        (false, true) => Order::Before,
        (true, false) => Order::After,
        (true, true) => Order::Concurrent,
    }
}

fn every_event_is_stamped(seen: &Seen, _: &mut Evidence) -> Verdict {
    seen.traffic.all_are_stamped()
}

/// If one event happened before another, its vector is smaller.
fn causes_are_smaller(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for (before, after) in seen.traffic.causes_and_effects() {
        if before.node != after.node {
            evidence.count(CAUSE);
        }
        let order = order(&before.stamp, &after.stamp);
        if order != Order::Before {
            return Err(breach(before, after, "could have influenced", order, Order::Before));
        }
    }
    Ok(())
}

/// If neither of two events happened before the other, neither vector is smaller.
fn smaller_are_causes(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let given = &seen.traffic.given;
    let relation = seen.traffic.relation();
    for (later, other) in given.iter().enumerate() {
        for (_, one) in given.iter().enumerate().take(later).filter(|(earlier, _)| relation.concurrent(*earlier, later))
        {
            evidence.count(APART);
            let order = order(&one.stamp, &other.stamp);
            if order != Order::Concurrent {
                return Err(breach(one, other, "knew nothing of", order, Order::Concurrent));
            }
        }
    }
    Ok(())
}

fn breach(one: &Given, other: &Given, stands: &str, is: Order, should_be: Order) -> Breach {
    Breach::new(
        format!(
            "the {} at {} {stands} the {} at {}, and its vector is {} the other's",
            one.event,
            one.node,
            other.event,
            other.node,
            told(is)
        ),
        format!("the first vector {} the second", told(should_be)),
        format!("{} is {} {}", one.stamp, told(is), other.stamp),
    )
    .at(other.at)
}

/// Whoever is named has had an event before, and all whose event happened before are.
fn names_only_known(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let given = &seen.traffic.given;
    let relation = seen.traffic.relation();
    for (place, stamp) in given.iter().enumerate() {
        let known = |node: NodeId| {
            node == stamp.node || (0..place).any(|cause| given[cause].node == node && relation.before(cause, place))
        };
        let newcomer = |node: &NodeId| seen.late.is_some_and(|late| *node >= late);
        if stamp.stamp.0.keys().any(|node| newcomer(node) && *node != stamp.node && known(*node)) {
            evidence.count(NEWCOMER);
        }
        if let Some(stranger) = stamp.stamp.0.keys().find(|node| !known(**node)) {
            return Err(Breach::new(
                format!("the vector of the {} at {} has an entry for {stranger}", stamp.event, stamp.node),
                format!("no entry for {stranger}: no event of that node had happened before"),
                stamp.stamp.to_string(),
            )
            .at(stamp.at));
        }
    }
    Ok(())
}

/// Whoever is asked about vectors has learned nothing from them.
fn nothing_is_learned(seen: &Seen) -> Verdict {
    let Some((vector, at)) = &seen.afterwards else { return Ok(()) };
    match vector.0.iter().find(|(node, count)| **node != NodeId::new(0) && **count > 0) {
        None => Ok(()),
        Some((stranger, _)) => Err(Breach::new(
            format!("n1 has heard of nobody and was only asked about vectors, and its own now names {stranger}"),
            "a vector that names n1 alone: a question is no event, and no news",
            vector.to_string(),
        )
        .at(*at)),
    }
}

/// Comparing two vectors gives what the definition says.
fn compares(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for asked in &seen.compared {
        let expected = order(&asked.one, &asked.other);
        evidence.count(EACH[expected as usize]);
        if asked.answer != expected {
            return Err(Breach::new(
                format!("{} was called {} {}", asked.one, told(asked.answer), asked.other),
                format!("{expected}"),
                format!("{}", asked.answer),
            )
            .at(asked.at));
        }
    }
    nothing_is_learned(seen)
}

fn told(order: Order) -> &'static str {
    match order {
        Order::Equal => "equal to",
        Order::Before => "before",
        Order::After => "after",
        Order::Concurrent => "concurrent with",
    }
}

/// Merging takes the greater of each pair of entries. That it is commutative, associative and idempotent follows.
fn merges(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for asked in &seen.merged {
        let mut expected = asked.one.clone();
        for (node, count) in &asked.other.0 {
            let entry = expected.0.entry(*node).or_default();
            *entry = (*entry).max(*count);
        }
        if order(&asked.one, &asked.other) == Order::Concurrent {
            evidence.count(MERGED);
        }
        if order(&asked.answer, &expected) != Order::Equal {
            return Err(Breach::new(
                format!("{} and {} became {}", asked.one, asked.other, asked.answer),
                expected.to_string(),
                asked.answer.to_string(),
            )
            .at(asked.at));
        }
    }
    nothing_is_learned(seen)
}

/// What a node answers after a crash is greater than all it has answered before, and nobody has heard of it yet.
fn not_forgotten(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    greater_than_before(seen, evidence)?;
    news_to_the_others(seen)
}

/// An event after a crash does not get a count that others know already, from a message that the crash has cut short.
fn news_to_the_others(seen: &Seen) -> Verdict {
    let given = &seen.traffic.given;
    for after in given.iter().filter(|after| after.crashes > 0) {
        let others = given.iter().filter(|other| seen.traffic.is_from_unanswered(other.event, after.node));
        for other in others.filter(|other| !seen.traffic.tells(after.node, after.at_ms, other.at_ms)) {
            if matches!(order(&after.stamp, &other.stamp), Order::Before | Order::Equal) {
                return Err(Breach::new(
                    format!(
                        "the {} at {} got {}, and the {} at {}, which could not know of it, got {}",
                        after.event, after.node, after.stamp, other.event, other.node, other.stamp
                    ),
                    format!("a count for the {} that no message from {} had carried before", after.event, after.node),
                    after.stamp.to_string(),
                )
                .at(after.at));
            }
        }
    }
    Ok(())
}

fn greater_than_before(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let given = &seen.traffic.given;
    for (place, after) in given.iter().enumerate() {
        let same = given[..place].iter().filter(|earlier| earlier.node == after.node);
        for before in same.filter(|earlier| earlier.crashes < after.crashes) {
            evidence.count(AFTER_CRASH);
            let order = order(&before.stamp, &after.stamp);
            if order != Order::Before {
                return Err(Breach::new(
                    format!(
                        "{} answered with {} before its crash and with {} after it",
                        after.node, before.stamp, after.stamp
                    ),
                    format!("a vector greater than {}", before.stamp),
                    format!("{}: the first is {} the second", after.stamp, told(order)),
                )
                .at(after.at));
            }
        }
    }
    Ok(())
}
