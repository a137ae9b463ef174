//! What is promised, and how each promise is judged from what was seen.

use std::collections::{BTreeMap, BTreeSet};

use explore::{Breach, Evidence};
use harness::NodeId;
use harness::exercise::{Judge, Promise};
use harness::processes::evidence;

use super::contract::{Broadcast, Message, SOON_MS, Value};
use super::lies::and;
use super::schedules;
use super::world::{Cluster, Delivered, Seen};

const DELIVERED: &str = "a correct node delivers";
const SILENT: &str = "correct nodes deliver while a node is silent";
const TWO_FACED: &str = "a liar tells two nodes different things, and something is delivered";
const LIARS_BROADCAST: &str = "correct nodes deliver what a liar broadcasts";
const FORGED: &str = "a liar speaks in the name of a correct node that has broadcast something else";
const SUPPORTED: &str = "a node has delivered and hears more";
const VOTED: &str = "a correct node votes after it was told two things";

type Verdict = Result<(), Breach>;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Cluster>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 150, needs, draw, judge };
    vec![
        promise(
            "what_a_correct_node_broadcasts_is_delivered",
            schedules::honesty,
            validity,
            &[DELIVERED, evidence::OVERTAKEN, evidence::DUPLICATED, evidence::HELD_UP],
        ),
        promise("silent_nodes_stop_nothing", schedules::silence, validity, &[SILENT]),
        promise("no_two_correct_nodes_deliver_different_values", schedules::two_faces, agreement, &[TWO_FACED]),
        promise("if_one_correct_node_delivers_all_do", schedules::half_truths, totality, &[LIARS_BROADCAST]),
        promise("nothing_is_delivered_in_a_false_name", schedules::false_names, no_forgery, &[FORGED]),
        promise("nothing_is_delivered_twice", schedules::repetition, once, &[SUPPORTED, evidence::DUPLICATED]),
        promise("a_correct_node_votes_once", schedules::temptation, one_vote, &[VOTED]),
    ]
}

/// Who has delivered what of a broadcast.
fn deliveries(seen: &Seen, broadcast: Broadcast) -> String {
    let all = seen.delivered.iter().filter(|delivered| delivered.broadcast == broadcast);
    let list: Vec<String> = all.map(|one| format!("{}: {} at {} ms", one.node, one.value, one.at_ms)).collect();
    if list.is_empty() { "nobody has delivered anything".to_owned() } else { list.join("; ") }
}

/// What correct nodes broadcast, all correct nodes deliver in time.
fn validity(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for asked in &seen.asked {
        let deadline_ms = asked.at_ms.max(seen.setup.calm_ms) + SOON_MS;
        for node in seen.setup.correct() {
            match seen.of(node, asked.broadcast) {
                Some(delivered) if delivered.at_ms <= deadline_ms => {
                    evidence.count(DELIVERED);
                    evidence.count_many(SILENT, u64::from(seen.setup.liars > 0));
                }
                _ => {
                    let origin = asked.broadcast.origin;
                    let what = format!("what {origin} was asked to broadcast at {} ms", asked.at_ms);
                    return Err(missing(
                        seen,
                        node,
                        asked.broadcast,
                        format!("{node} has not delivered {what}"),
                        deadline_ms,
                    ));
                }
            }
        }
    }
    Ok(())
}

fn missing(seen: &Seen, node: NodeId, broadcast: Broadcast, happened: String, deadline_ms: u64) -> Breach {
    let liars: Vec<NodeId> = (0..seen.setup.nodes).map(NodeId::new).filter(|node| seen.setup.is_liar(*node)).collect();
    let liars = match liars.len() {
        0 => "nobody lies".to_owned(),
        1 => format!("{} is the liar", and(&liars)),
        _ => format!("{} are the liars", and(&liars)),
    };
    let breach = Breach::new(
        happened,
        format!("{broadcast} delivered by every correct node by {deadline_ms} ms ({liars})"),
        deliveries(seen, broadcast),
    );
    match seen.missing.iter().find(|missing| (missing.node, missing.broadcast) == (node, broadcast)) {
        Some(missing) => breach.at(missing.at),
        None => breach,
    }
}

/// What is delivered first, by each node, of each broadcast.
fn firsts(seen: &Seen) -> Vec<Delivered> {
    let mut known = BTreeSet::new();
    seen.delivered.iter().filter(|one| known.insert((one.node, one.broadcast))).copied().collect()
}

/// Whether liars tell two values of one broadcast.
fn two_faced(seen: &Seen) -> bool {
    seen.lies
        .iter()
        .any(|lie| seen.lies.iter().any(|other| lie.broadcast == other.broadcast && lie.value != other.value))
}

/// What two correct nodes deliver of one broadcast is the same.
fn agreement(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let mut values: BTreeMap<Broadcast, Delivered> = BTreeMap::new();
    for one in firsts(seen) {
        evidence.count_many(TWO_FACED, u64::from(two_faced(seen)));
        let first = *values.entry(one.broadcast).or_insert(one);
        if first.value != one.value {
            return Err(Breach::new(
                format!(
                    "{} delivered {} = {}, and {} delivered {} = {}",
                    first.node, first.broadcast, first.value, one.node, one.broadcast, one.value
                ),
                format!("one value of {}, whatever {} has told to whom", one.broadcast, one.broadcast.origin),
                deliveries(seen, one.broadcast),
            ));
        }
    }
    Ok(())
}

/// What one correct node delivers, all do.
fn totality(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for one in firsts(seen) {
        let deadline_ms = one.at_ms.max(seen.setup.calm_ms) + SOON_MS;
        if deadline_ms > seen.end_ms {
            continue;
        }
        for node in seen.setup.correct() {
            if seen.of(node, one.broadcast).is_some_and(|delivered| delivered.at_ms <= deadline_ms) {
                continue;
            }
            let happened =
                format!("{} delivered {} at {} ms, and {node} never did", one.node, one.broadcast, one.at_ms);
            return Err(missing(seen, node, one.broadcast, happened, deadline_ms));
        }
        evidence.count_many(LIARS_BROADCAST, u64::from(seen.setup.is_liar(one.broadcast.origin)));
    }
    Ok(())
}

/// What is delivered of a correct node's broadcast is what it was asked for.
fn no_forgery(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for one in firsts(seen).into_iter().filter(|one| !seen.setup.is_liar(one.broadcast.origin)) {
        let asked = seen.asked.iter().find(|asked| asked.broadcast == one.broadcast && asked.at_ms <= one.at_ms);
        let wanted = asked.map(|asked| asked.value);
        if wanted == Some(one.value) {
            let forged = seen.lies.iter().any(|lie| lie.broadcast == one.broadcast && lie.value != one.value);
            evidence.count_many(FORGED, u64::from(forged));
            continue;
        }
        let origin = one.broadcast.origin;
        let (happened, expected) = match wanted {
            Some(value) => (format!("but it had been asked for {value}"), value_of(one.broadcast, value)),
            None => ("but it had not been asked for anything".to_owned(), format!("no delivery of {}", one.broadcast)),
        };
        return Err(Breach::new(
            format!("{} delivered {} in the name of {origin}, which is correct, {happened}", one.node, one.value),
            expected,
            value_of(one.broadcast, one.value),
        )
        .at(one.at));
    }
    Ok(())
}

fn value_of(broadcast: Broadcast, value: Value) -> String {
    format!("{broadcast} = {value}")
}

/// No node delivers a broadcast a second time.
fn once(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for (place, one) in seen.delivered.iter().enumerate() {
        let heard = |lie: &super::lies::Lie| lie.broadcast == one.broadcast && lie.to.contains(&one.node);
        evidence.count_many(SUPPORTED, u64::from(seen.lies.iter().any(heard)));
        let before =
            seen.delivered[..place].iter().find(|before| (before.node, before.broadcast) == (one.node, one.broadcast));
        if let Some(before) = before {
            return Err(Breach::new(
                format!(
                    "{} delivered {} = {} at {} ms, and {} = {} at {} ms",
                    one.node, one.broadcast, before.value, before.at_ms, one.broadcast, one.value, one.at_ms
                ),
                format!("one delivery of {}", one.broadcast),
                deliveries(seen, one.broadcast),
            )
            .at(one.at));
        }
    }
    Ok(())
}

/// No correct node sends a liar the same kind of message twice.
fn one_vote(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let mut votes: BTreeMap<(NodeId, NodeId, Broadcast, u8), Message> = BTreeMap::new();
    for vote in &seen.votes {
        let (kind, name) = match vote.message {
            Message::Init(..) => (0, "Init"),
            Message::Echo(..) => (1, "Echo"),
            Message::Ready(..) => (2, "Ready"),
        };
        let (broadcast, _) = vote.message.claim();
        evidence.count_many(VOTED, u64::from(two_faced(seen)));
        let Some(before) = votes.insert((vote.from, vote.to, broadcast, kind), vote.message) else { continue };
        return Err(Breach::new(
            format!("{} sent {} {before:?}, and then {:?}", vote.from, vote.to, vote.message),
            format!("at most one {name} of {broadcast} from {} to each node", vote.from),
            format!("{before:?} and {:?}", vote.message),
        )
        .at(vote.at));
    }
    Ok(())
}
