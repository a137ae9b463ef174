//! What is promised, and how each promise is judged from what was seen.

use std::collections::BTreeMap;

use explore::{Breach, Evidence};
use harness::NodeId;
use harness::exercise::{Judge, Promise};
use harness::processes::evidence;

use super::contract::{Stamp, told};
use super::schedules;
use super::world::{Events, Seen};
use crate::traffic;

type Given = traffic::Given<Stamp>;

const LOCAL: &str = "two events of a node get a stamp";
const REMOTE: &str = "an event at one node has a cause at another that both gave a stamp";
const AFTER_CRASH: &str = "a node that has given stamps gives one after a crash";
const TIED: &str = "nodes that have given stamps sort equal times";

type Verdict = Result<(), Breach>;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Events>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 30, needs, draw, judge };
    vec![
        promise("every_event_gets_its_stamp", schedules::calm, every_event_is_stamped, &[evidence::DUPLICATED]),
        promise("time_goes_on_at_every_node", schedules::calm, time_goes_on, &[LOCAL, evidence::DELIVERED]),
        promise(
            "a_cause_comes_before_its_effect",
            schedules::troubled,
            causes_come_first,
            &[REMOTE, evidence::LOST, evidence::OVERTAKEN, evidence::DUPLICATED],
        ),
        promise("a_crash_does_not_turn_time_back", schedules::crashes, not_back, &[AFTER_CRASH, evidence::RESTARTED]),
        promise("all_nodes_sort_events_into_one_order", schedules::to_be_sorted, one_order, &[TIED]),
    ]
}

/// Each event has one stamp, given there and then, under the name of its node.
fn every_event_is_stamped(seen: &Seen, _: &mut Evidence) -> Verdict {
    seen.traffic.all_are_stamped()?;
    match seen.traffic.given.iter().find(|given| given.stamp.node != given.node) {
        None => Ok(()),
        Some(given) => Err(Breach::new(
            format!("{} gave a stamp under the name of {}", given.node, given.stamp.node),
            format!("stamps of events at {0} with node {0}", given.node),
            format!("{}: {}", given.event, given.stamp),
        )
        .at(given.at)),
    }
}

/// Times grow from event to event at each node.
fn time_goes_on(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let mut last: BTreeMap<NodeId, &Given> = BTreeMap::new();
    for given in &seen.traffic.given {
        if let Some(before) = last.insert(given.node, given) {
            evidence.count(LOCAL);
            if given.stamp.time <= before.stamp.time {
                return Err(breach_of_order(before, given, "a later event of the same node"));
            }
        }
    }
    Ok(())
}

/// A cause at one node has a smaller time than its effect at another.
///
/// Causality is known from outside: the order of each node's events, and which message went where (Lamport 1978, p. 559).
fn causes_come_first(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for (before, after) in seen.traffic.causes_and_effects().filter(|(before, after)| before.node != after.node) {
        evidence.count(REMOTE);
        if after.stamp.time <= before.stamp.time {
            return Err(breach_of_order(before, after, "what could have been influenced by it"));
        }
    }
    Ok(())
}

fn breach_of_order(before: &Given, after: &Given, what: &str) -> Breach {
    Breach::new(
        format!(
            "the {} at {} got time {}, and the {} at {}, which came after it, got {}",
            before.event, before.node, before.stamp.time, after.event, after.node, after.stamp.time
        ),
        format!("a time greater than {} for {what}", before.stamp.time),
        format!("{}, for the {}", after.stamp.time, after.event),
    )
    .at(after.at)
}

/// What a node answers after a crash is greater than all it has answered before.
fn not_back(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let all = &seen.traffic.given;
    for (place, given) in all.iter().enumerate() {
        let earlier = all[..place].iter().filter(|earlier| earlier.node == given.node);
        let before_crash = earlier.filter(|earlier| earlier.crashes < given.crashes);
        let Some(highest) = before_crash.max_by_key(|earlier| earlier.stamp.time) else { continue };
        evidence.count(AFTER_CRASH);
        if given.stamp.time <= highest.stamp.time {
            return Err(Breach::new(
                format!(
                    "{} answered with time {} before its crash and with {} after it",
                    given.node, highest.stamp.time, given.stamp.time
                ),
                format!("a time greater than {}", highest.stamp.time),
                format!("{}, for the {}", given.stamp.time, given.event),
            )
            .at(given.at));
        }
    }
    Ok(())
}

/// Both nodes give back the same list, and it is the one that the contract asks for.
fn one_order(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for sorted in &seen.sorted {
        let mut expected = sorted.asked.clone();
        expected.sort_by_key(|stamp| (stamp.time, stamp.node));
        if expected.windows(2).any(|pair| pair[0].time == pair[1].time) {
            evidence.count(TIED);
        }
        if sorted.answer != expected {
            let place = first_difference(&sorted.answer, &expected);
            return Err(Breach::new(
                format!("{} put {} in place {} of the order", sorted.node, at(&sorted.answer, place), place + 1),
                format!("{}: {}", at(&expected, place), told(&expected)),
                told(&sorted.answer),
            )
            .at(sorted.at));
        }
    }
    Ok(())
}

fn first_difference(answer: &[Stamp], expected: &[Stamp]) -> usize {
    let same = answer.iter().zip(expected).take_while(|(one, other)| one == other);
    same.count()
}

fn at(stamps: &[Stamp], place: usize) -> String {
    stamps.get(place).map_or_else(|| "nothing".to_owned(), |stamp| format!("({stamp})"))
}
