//! What is promised, and how each promise is judged from what was seen.

use std::collections::{BTreeMap, BTreeSet};

use explore::{Breach, Evidence};
use harness::NodeId;
use harness::exercise::{Judge, Promise};
use harness::processes::evidence;
use render::explain::{list_in_words, plural};

use super::contract::{Answer, IDLE_PER_S, REPAIR_MS};
use super::schedules::{self, WATCH_MS};
use super::world::{Delivery, Seen, Village};

type Verdict = Result<(), Breach>;

const REACHED: &str = "a node has a value that another was handed";
const SURVIVED: &str = "a node that was handed a value crashes and has it afterwards";
const WITHOUT: &str = "a value goes round while a node is down for good";

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Village>> {
    let promise = |name, schedules, draw, judge: Judge<Seen>, needs| Promise { name, schedules, needs, draw, judge };
    vec![
        promise("every_value_reaches_every_node", 16, schedules::calm, reaches_all, &[REACHED]),
        promise(
            "a_value_is_delivered_once",
            16,
            schedules::bad_network,
            is_delivered_once,
            &[REACHED, evidence::DUPLICATED],
        ),
        promise(
            "what_was_lost_is_repaired",
            16,
            schedules::cut_in_two,
            is_repaired,
            &[REACHED, evidence::LOST, evidence::CUT_OFF],
        ),
        promise("no_single_node_is_needed", 8, schedules::one_is_gone, needs_nobody, &[WITHOUT]),
        promise(
            "a_crash_takes_no_value_back",
            16,
            schedules::crashes,
            takes_nothing_back,
            &[SURVIVED, evidence::RESTARTED],
        ),
        promise("there_is_silence_when_all_is_said", 8, schedules::all_is_said, falls_silent, &[REACHED]),
        promise("fast_and_not_too_many_messages", 1, schedules::fast, keeps_its_bounds, &[REACHED]),
        promise("few_messages_and_not_too_slow", 1, schedules::frugal, keeps_its_bounds, &[REACHED]),
    ]
}

fn reaches_all(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for (value, handed) in seen.values.iter().filter(|(_, handed)| !handed.accepted) {
        return Err(Breach::new(
            format!("{} was handed {value} at {} ms and did not deliver it at once", handed.node, handed.at_ms),
            format!("{} delivers {value} before the handler ends", handed.node),
            match seen.first(handed.node, *value) {
                Some(delivery) => format!("it did at {} ms", delivery.at_ms),
                None => "it never did".to_owned(),
            },
        ));
    }
    let reach_ms = seen.setup.aim.reach_ms();
    for (value, handed) in &seen.values {
        for node in &seen.up {
            let delivery = seen.first(*node, *value);
            if delivery.is_some_and(|delivery| delivery.at_ms <= handed.at_ms + reach_ms) {
                continue;
            }
            let expected = format!("it does within {reach_ms} ms, in a calm network (the aim is {:?})", seen.setup.aim);
            let happened = format!(
                "{} was handed {value} at {} ms, and {node} did not deliver it by {} ms",
                handed.node,
                handed.at_ms,
                handed.at_ms + reach_ms
            );
            return Err(match delivery {
                Some(late) => Breach::new(happened, expected, format!("it did at {} ms", late.at_ms)).at(late.at),
                None => {
                    Breach::new(happened, expected, format!("it never did; {value} is at {}", seen.holders(*value)))
                }
            });
        }
    }
    everybody_has_everything(
        seen,
        evidence,
        &format!("{reach_ms} ms after the last value was handed in, in a calm network"),
    )
}

fn is_repaired(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    everybody_has_everything(seen, evidence, &format!("{REPAIR_MS} ms after the last trouble was over"))
}

fn needs_nobody(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let gone = list_in_words(&seen.crashed);
    if !seen.crashed.is_empty() && seen.deliveries.iter().any(|delivery| seen.is_from_another(delivery)) {
        evidence.count(WITHOUT);
    }
    let when = match gone.as_str() {
        "" => format!("{REPAIR_MS} ms after the last value was handed in"),
        gone => format!("{REPAIR_MS} ms after the last value was handed in, without {gone}"),
    };
    everybody_has_everything(seen, evidence, &when)
}

fn takes_nothing_back(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for node in &seen.crashed {
        let had = seen.values.iter().filter(|(_, handed)| handed.node == *node && handed.accepted);
        let had: Vec<u64> = had.map(|(value, _)| *value).collect();
        let has = |read: &super::world::Read| read.node == *node && had.iter().any(|value| read.values.contains(value));
        if seen.reads.iter().any(has) {
            evidence.count(SURVIVED);
        }
    }
    everybody_has_everything(seen, evidence, &format!("{REPAIR_MS} ms after the last crash was over"))
}

/// At the end: everybody who is up has every value that was delivered by the node it was handed to, if that is up.
fn everybody_has_everything(seen: &Seen, evidence: &mut Evidence, when: &str) -> Verdict {
    let of_those_up = seen.values.iter().filter(|(_, handed)| handed.accepted && seen.up.contains(&handed.node));
    let expected: BTreeSet<u64> = of_those_up.map(|(value, _)| *value).collect();
    for node in &seen.up {
        let Some(read) = seen.reads.iter().find(|read| read.node == *node) else {
            return Err(Breach::new(
                format!("{node} was asked what it has and did not answer"),
                "one answer, at once",
                "none",
            ));
        };
        if read.values.iter().any(|value| seen.values.get(value).is_some_and(|handed| handed.node != *node)) {
            evidence.count(REACHED);
        }
        let missing: Vec<u64> = expected.difference(&read.values).copied().collect();
        if let Some(first) = missing.first() {
            let handed = seen.values[first];
            return Err(Breach::new(
                format!("{when}, {node} had not got {}", list_in_words(&missing)),
                format!(
                    "all values at all nodes: {first}, to begin with, was handed to {} at {} ms",
                    handed.node, handed.at_ms
                ),
                format!("{node} has: {}; {first} is at {}", Answer::Values(read.values.clone()), seen.holders(*first)),
            )
            .at(read.at));
        }
    }
    Ok(())
}

fn is_delivered_once(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let mut before: BTreeMap<(NodeId, u32, u64), &Delivery> = BTreeMap::new();
    for delivery in &seen.deliveries {
        let Delivery { node, life, value, at_ms, at } = *delivery;
        if seen.is_from_another(delivery) {
            evidence.count(REACHED);
        }
        if let Some(first) = before.insert((node, life, value), delivery) {
            return Err(Breach::new(
                format!("{node} delivered {value} at {} ms, and again at {at_ms} ms", first.at_ms),
                "each value once, however often a node hears of it",
                format!("{value} twice"),
            )
            .at(at));
        }
        if seen.values.get(&value).is_none_or(|handed| handed.at_ms > at_ms) {
            return Err(Breach::new(
                format!("{node} delivered {value} at {at_ms} ms, which nobody had handed in"),
                "values that clients have handed in, and no others",
                value.to_string(),
            )
            .at(at));
        }
    }
    for read in &seen.reads {
        let delivered = before.keys().filter(|(node, life, _)| (*node, *life) == (read.node, read.life));
        let delivered: BTreeSet<u64> = delivered.map(|(_, _, value)| *value).collect();
        if let Some(value) = delivered.difference(&read.values).next() {
            return Err(Breach::new(
                format!("{} was asked what it has at {} ms, and left out {value}", read.node, read.at_ms),
                format!("all that it has delivered: {}", Answer::Values(delivered.clone())),
                Answer::Values(read.values.clone()).to_string(),
            )
            .at(read.at));
        }
    }
    Ok(())
}

fn falls_silent(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    if seen.deliveries.iter().any(|delivery| seen.is_from_another(delivery)) {
        evidence.count(REACHED);
    }
    let allowed = IDLE_PER_S * seen.up.len() as u64 * WATCH_MS / 1000;
    if seen.idle_messages > allowed {
        return Err(Breach::new(
            format!(
                "{} sent {} within {WATCH_MS} ms, though the last value and the last trouble were {REPAIR_MS} ms ago",
                plural(seen.up.len() as u64, "node"),
                plural(seen.idle_messages, "message")
            ),
            format!("at most {allowed}: {IDLE_PER_S} a second for each of them"),
            seen.idle_messages.to_string(),
        ));
    }
    Ok(())
}

fn keeps_its_bounds(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    if seen.values.is_empty() {
        return Ok(());
    }
    let (most_messages, median_ms, most_ms) = seen.setup.aim.bounds();
    let values = seen.values.len() as u64;
    let each = |messages: u64| format!("{}.{}", messages / values, messages * 10 / values % 10);
    if let Some(excess) = seen.excess {
        return Err(Breach::new(
            format!("{} had been sent, and there were {}", plural(seen.messages, "message"), plural(values, "value")),
            format!("less than {most_messages} messages for each value, all kinds of messages counted"),
            format!("{} for each, and no end yet", each(seen.messages)),
        )
        .at(excess));
    }
    everybody_has_everything(seen, evidence, "at the end, in a network in which nothing goes wrong")?;
    let mut times: Vec<(u64, &Delivery)> = seen
        .deliveries
        .iter()
        .filter(|delivery| seen.is_from_another(delivery))
        .map(|delivery| (delivery.at_ms - seen.values[&delivery.value].at_ms, delivery))
        .collect();
    times.sort_by_key(|(took_ms, _)| *took_ms);
    let (Some(half), Some((longest_ms, last))) = (times.get(times.len() / 2), times.last()) else { return Ok(()) };
    if *longest_ms >= most_ms {
        return Err(Breach::new(
            format!(
                "{} delivered {} {longest_ms} ms after {} was handed it",
                last.node, last.value, seen.values[&last.value].node
            ),
            format!("every delivery within less than {most_ms} ms"),
            format!("{longest_ms} ms at most, {} ms in the median", half.0),
        )
        .at(last.at));
    }
    if half.0 >= median_ms {
        return Err(Breach::new(
            format!("half of all deliveries took {} ms or longer", half.0),
            format!("half of them take less than {median_ms} ms"),
            format!(
                "{} ms in the median, {longest_ms} ms at most, {} messages for each value",
                half.0,
                each(seen.messages)
            ),
        )
        .at(half.1.at));
    }
    Ok(())
}

impl Seen {
    fn first(&self, node: NodeId, value: u64) -> Option<&Delivery> {
        self.deliveries.iter().find(|delivery| delivery.node == node && delivery.value == value)
    }

    /// Whether it is of a value that another node was handed.
    fn is_from_another(&self, delivery: &Delivery) -> bool {
        self.values.get(&delivery.value).is_some_and(|handed| handed.node != delivery.node)
    }

    /// Who has a value at the end.
    fn holders(&self, value: u64) -> String {
        let holders = self.reads.iter().filter(|read| read.values.contains(&value)).map(|read| read.node);
        let holders: Vec<NodeId> = holders.collect();
        if holders.is_empty() { "nobody".to_owned() } else { list_in_words(&holders) }
    }
}
