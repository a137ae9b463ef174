//! What is promised, and how each promise is judged from what was seen.

use explore::{Breach, Evidence};
use harness::NodeId;
use harness::exercise::{Judge, Promise};
use harness::processes::evidence;
use render::explain::plural;
use sim::Fault;

use super::contract::{DECISION_MS, told};
use super::schedules;
use super::world::{Asked, Cluster, Entry, Seen, Told};

const DECIDED: &str = "a node tells a decision";
const RIVALS: &str = "two nodes are asked for different values and tell a decision";
const AFTER_CRASH: &str = "a node tells a decision after a crash, when somebody had told one before";
const CUT_OFF_ASKED: &str = "a node that can't reach a majority is asked";
const ANSWERED_LATE: &str = "a node answers a request that was made before the calm, in the calm";
const LEARNT: &str = "a node learns in the calm what others have decided before";

type Verdict = Result<(), Breach>;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Cluster>> {
    let promise = |name, schedules, draw, judge: Judge<Seen>, needs| Promise { name, schedules, needs, draw, judge };
    vec![
        promise("rivals_decide_the_same", 400, schedules::rivalry, agreement, &[RIVALS]),
        promise(
            "late_and_repeated_messages_change_nothing",
            400,
            schedules::lateness,
            agreement,
            &[RIVALS, evidence::OVERTAKEN, evidence::DUPLICATED],
        ),
        promise(
            "a_decision_outlives_every_crash",
            400,
            schedules::crashes,
            agreement,
            &[AFTER_CRASH, evidence::RESTARTED],
        ),
        promise("a_minority_decides_nothing", 20, schedules::minority, majority_needed, &[CUT_OFF_ASKED, DECIDED]),
        promise("only_a_proposed_value_is_decided", 20, schedules::trouble, validity, &[DECIDED]),
        promise(
            "a_request_is_answered_once_messages_get_through",
            30,
            schedules::losses,
            answered,
            &[ANSWERED_LATE, evidence::LOST, evidence::CUT_OFF],
        ),
        promise("a_majority_is_enough", 15, schedules::survivors, answered, &[DECIDED, evidence::CRASHED]),
        promise("rivals_come_to_an_end", 12, schedules::duel, answered, &[RIVALS]),
        promise("everybody_learns_the_decision", 30, schedules::stragglers, learnt, &[LEARNT]),
    ]
}

/// The first two decisions that differ.
fn conflict(seen: &Seen) -> Option<(Told, Told)> {
    let first = *seen.told.first()?;
    let other = seen.told.iter().find(|told| told.value != first.value)?;
    Some((first, *other))
}

/// All that was decided, in order.
fn decisions(seen: &Seen) -> String {
    let list: Vec<String> = seen.told.iter().map(|one| told(one.node, one.value, one.at_ms)).collect();
    if list.is_empty() { "no decision at all".to_owned() } else { list.join("; ") }
}

/// All decisions are one.
fn agreement(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let mut wanted: Vec<_> = seen.asked.iter().map(|asked| asked.value).collect();
    wanted.dedup();
    if wanted.len() > 1 && !seen.told.is_empty() {
        evidence.count(RIVALS);
    }
    if seen.told.iter().any(|told| told.crashes > 0 && told.at_ms > seen.told[0].at_ms) {
        evidence.count(AFTER_CRASH);
    }
    let Some((first, other)) = conflict(seen) else { return Ok(()) };
    let happened = if first.node == other.node {
        format!(
            "{} decided {} at {} ms and {} at {} ms",
            first.node, first.value, first.at_ms, other.value, other.at_ms
        )
    } else {
        format!(
            "{} decided {} at {} ms, and {} decided {} at {} ms",
            first.node, first.value, first.at_ms, other.node, other.value, other.at_ms
        )
    };
    // The diagram is to show how both came about, not only what led to the second.
    Err(Breach::new(happened, format!("{} at every node, for ever", first.value), decisions(seen)))
}

/// Nobody decides who could never reach a majority.
fn majority_needed(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let splits = seen.entries.iter().filter_map(|entry| match entry {
        Entry::Fault(Fault::Split { side, span }) if span.from_ms == 0 => Some((side, span.until_ms)),
        _ => None,
    });
    if !seen.told.is_empty() {
        evidence.count(DECIDED);
    }
    for (side, until_ms) in splits {
        let all: Vec<NodeId> = (0..seen.setup.nodes).map(NodeId::new).collect();
        let (inside, outside): (Vec<NodeId>, Vec<NodeId>) = all.iter().partition(|node| side.contains(node));
        for half in [inside, outside] {
            if half.len() > seen.setup.nodes / 2 {
                continue;
            }
            if seen.asked.iter().any(|asked| half.contains(&asked.node) && asked.at_ms < until_ms) {
                evidence.count(CUT_OFF_ASKED);
            }
            let early = seen.told.iter().find(|told| half.contains(&told.node) && told.at_ms < until_ms);
            if let Some(early) = early {
                return Err(too_few(seen, early, &half, until_ms));
            }
        }
    }
    Ok(())
}

fn too_few(seen: &Seen, early: &Told, half: &[NodeId], until_ms: u64) -> Breach {
    let nodes = seen.setup.nodes;
    let names: Vec<String> = half.iter().map(NodeId::to_string).collect();
    let (others, alone) = (names.join(" and "), if half.len() == 1 { " alone" } else { "" });
    Breach::new(
        format!(
            "{} decided {} at {} ms, when {others} had been{alone} without the others from the start",
            early.node, early.value, early.at_ms
        ),
        format!("no decision before {until_ms} ms without {} of the {nodes} nodes", nodes / 2 + 1),
        format!("{} at {} ms, with {} of {nodes}", early.value, early.at_ms, half.len()),
    )
    .at(early.at)
}

/// A decision is for a value that somebody had been asked for before.
fn validity(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for told in &seen.told {
        evidence.count(DECIDED);
        let before: Vec<&Asked> = seen.asked.iter().filter(|asked| asked.at_ms <= told.at_ms).collect();
        if before.iter().all(|asked| asked.value != told.value) {
            let values: Vec<String> = before.iter().map(|asked| asked.value.to_string()).collect();
            let values = if values.is_empty() { "nothing yet".to_owned() } else { values.join(" or ") };
            return Err(Breach::new(
                format!("{} decided {}, which nobody had been asked to propose", told.node, told.value),
                format!("a decision for what somebody had been asked for: {values}"),
                told.value.to_string(),
            )
            .at(told.at));
        }
    }
    Ok(())
}

/// Whoever was asked answers in time.
fn answered(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    if !seen.told.is_empty() {
        evidence.count(DECIDED);
        if seen.asked.len() > 1 {
            evidence.count(RIVALS);
        }
    }
    if conflict(seen).is_some() {
        return Ok(());
    }
    let heal_ms = seen.setup.heal_ms;
    for asked in seen.asked.iter().filter(|asked| seen.crashes[asked.node.index()] == asked.crashes) {
        let answer = seen.told.iter().find(|told| told.node == asked.node && told.at_ms >= asked.at_ms);
        if answer.is_some_and(|answer| asked.at_ms < heal_ms && answer.at_ms >= heal_ms) {
            evidence.count(ANSWERED_LATE);
        }
        let deadline_ms = asked.at_ms.max(heal_ms) + DECISION_MS;
        if answer.is_some_and(|answer| answer.at_ms <= deadline_ms) {
            continue;
        }
        let calm = if heal_ms == 0 { String::new() } else { format!(", and all faults were over at {heal_ms} ms") };
        let before = seen.told.iter().find(|told| told.node == asked.node && told.at_ms < asked.at_ms);
        let knows =
            before.map_or(String::new(), |told| format!(", which had decided {} at {} ms,", told.value, told.at_ms));
        let breach = Breach::new(
            format!("{}{knows} was asked at {} ms{calm}, but it gave no answer", asked.node, asked.at_ms),
            format!("a decision from {} by {deadline_ms} ms", asked.node),
            format!("no answer from it by then, after {}; {}", plural(seen.sent, "message"), decisions(seen)),
        );
        return Err(match asked.unanswered {
            Some(remark) => breach.at(remark),
            None => breach,
        });
    }
    Ok(())
}

/// After a request in the calm, everybody who is up knows.
fn learnt(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    if conflict(seen).is_some() {
        return Ok(());
    }
    let heal_ms = seen.setup.heal_ms;
    let Some(asked) = seen.asked.iter().find(|asked| asked.at_ms >= heal_ms) else { return Ok(()) };
    let known_before = seen.told.first().is_some_and(|told| told.at_ms < heal_ms);
    for node in (0..seen.setup.nodes).map(NodeId::new).filter(|node| seen.up[node.index()]) {
        let deadline_ms = asked.at_ms + DECISION_MS;
        match seen.told.iter().find(|told| told.node == node) {
            Some(told) if told.at_ms <= deadline_ms => {
                if known_before && told.at_ms >= heal_ms {
                    evidence.count(LEARNT);
                }
            }
            _ => {
                let breach = Breach::new(
                    format!(
                        "{node} has told no decision, though messages got through from {heal_ms} ms on and {} was \
                         asked at {} ms",
                        asked.node, asked.at_ms
                    ),
                    format!("a decision told by every node that is up, by {deadline_ms} ms"),
                    decisions(seen),
                );
                return Err(match seen.silent[node.index()] {
                    Some(remark) => breach.at(remark),
                    None => breach,
                });
            }
        }
    }
    Ok(())
}
