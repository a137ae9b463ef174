//! What is promised, and how each promise is judged from what was seen.

use std::collections::BTreeMap;

use explore::{Breach, Evidence};
use harness::NodeId;
use harness::exercise::{Judge, Promise};
use harness::processes::evidence;

use super::contract::{Event, Stamp, told};
use super::schedules;
use super::world::{Events, Given, Seen};

const LOCAL: &str = "two events of a node get a stamp";
const REMOTE: &str = "an event at one node has a cause at another that both gave a stamp";
const AFTER_CRASH: &str = "a node that has given stamps gives one after a crash";
const TIED: &str = "nodes that have given stamps sort equal times";

type Verdict = Result<(), Breach>;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Events>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 30, needs, draw, judge };
    vec![
        promise("every_event_gets_its_stamp", schedules::calm, every_event_is_stamped, &[evidence::DELIVERED]),
        promise("time_goes_on_at_every_node", schedules::calm, time_goes_on, &[LOCAL, evidence::DELIVERED]),
        promise(
            "a_cause_comes_before_its_effect",
            schedules::troubled,
            causes_come_first,
            &[REMOTE, evidence::LOST, evidence::OVERTAKEN, evidence::DUPLICATED],
        ),
        promise("a_crash_does_not_turn_time_back", schedules::crashes, not_back, &[AFTER_CRASH, evidence::RESTARTED]),
        promise("all_nodes_sort_events_into_one_order", schedules::ties, one_order, &[TIED]),
    ]
}

/// Each event that was asked for, and each message that arrived, has exactly one stamp, given there and then.
fn every_event_is_stamped(seen: &Seen, _: &mut Evidence) -> Verdict {
    for asked in &seen.asked {
        let given = stamps_of(seen, asked.event);
        let right = |given: &Given| given.node == asked.node && given.at_ms == asked.at_ms;
        if given.len() == 1 && given.iter().all(right) {
            continue;
        }
        let expected = format!("one stamp for it, from {}, at {} ms", asked.node, asked.at_ms);
        return Err(not_stamped(asked.event, &given, expected));
    }
    for (number, to) in &seen.told {
        let given = stamps_of(seen, Event::Received(*number));
        if given.len() != 1 || given[0].node != *to {
            let expected = format!("one stamp for it, from {to}, when the message arrives");
            return Err(not_stamped(Event::Received(*number), &given, expected));
        }
    }
    match seen.given.iter().find(|given| given.stamp.node != given.node) {
        None => Ok(()),
        Some(given) => Err(Breach::new(
            format!("{} gave a stamp under the name of {}", given.node, given.stamp.node),
            format!("stamps of events at {0} with node {0}", given.node),
            format!("{}: {}", given.event, given.stamp),
        )
        .at(given.at)),
    }
}

fn stamps_of(seen: &Seen, event: Event) -> Vec<Given> {
    seen.given.iter().filter(|given| given.event == event).copied().collect()
}

fn not_stamped(event: Event, given: &[Given], expected: String) -> Breach {
    let told = |given: &Given| format!("{} from {} at {} ms", given.stamp, given.node, given.at_ms);
    let (happened, actual) = match given {
        [] => (format!("nobody gave a stamp for the {event}"), "none".to_owned()),
        [_] => (format!("the stamp for the {event} came from the wrong node or too late"), told(&given[0])),
        _ => (format!("the {event} got {} stamps", given.len()), given.iter().map(told).collect::<Vec<_>>().join("; ")),
    };
    let breach = Breach::new(happened, expected, actual);
    match given.last() {
        Some(last) => breach.at(last.at),
        None => breach,
    }
}

/// Times grow from event to event at each node.
fn time_goes_on(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let mut last: BTreeMap<NodeId, Given> = BTreeMap::new();
    for given in &seen.given {
        if let Some(before) = last.insert(given.node, *given) {
            evidence.count(LOCAL);
            if given.stamp.time <= before.stamp.time {
                return Err(breach_of_order(&before, given, "a later event of the same node"));
            }
        }
    }
    Ok(())
}

/// A cause at one node has a smaller time than its effect at another.
///
/// Causality is known from outside: the order of each node's events, and which message went where (Lamport 1978, p. 559).
/// Times that go back at one node are another promise's business, so the greatest time of a cause counts, not the last.
fn causes_come_first(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    // For each node, per other node, the event with the greatest time that its next event has for a cause.
    let mut known: BTreeMap<NodeId, BTreeMap<NodeId, Given>> = BTreeMap::new();
    let mut sent: BTreeMap<u32, BTreeMap<NodeId, Given>> = BTreeMap::new();
    for given in &seen.given {
        let causes = known.entry(given.node).or_default();
        if let Event::Received(number) = given.event {
            for cause in sent.get(&number).into_iter().flat_map(BTreeMap::values) {
                learn(causes, *cause);
            }
        }
        for cause in causes.values().filter(|cause| cause.node != given.node) {
            evidence.count(REMOTE);
            if given.stamp.time <= cause.stamp.time {
                return Err(breach_of_order(cause, given, "what could have been influenced by it"));
            }
        }
        learn(causes, *given);
        if let Event::Sent(number) = given.event {
            sent.insert(number, causes.clone());
        }
    }
    Ok(())
}

fn learn(causes: &mut BTreeMap<NodeId, Given>, cause: Given) {
    let known = causes.entry(cause.node).or_insert(cause);
    if cause.stamp.time > known.stamp.time {
        *known = cause;
    }
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
    for (place, given) in seen.given.iter().enumerate() {
        let earlier = seen.given[..place].iter().filter(|earlier| earlier.node == given.node);
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
