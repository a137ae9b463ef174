//! What is promised of the nodes, and how each promise is judged from what was seen.

use std::collections::BTreeSet;

use explore::{Breach, Evidence};
use harness::exercise::{Judge, Promise};
use harness::processes::evidence;

use super::contract::{By, Counting};
use super::schedules;
use crate::replicas::promises::{ALONE, IDLE, answers_alone, falls_silent};
use crate::replicas::{AGREED_MS, Change, Replicas};

type Seen = crate::replicas::Seen<Counting>;
type Read = crate::replicas::Read<i64>;

type Verdict = Result<(), Breach>;

const READ: &str = "a value is read while changes are on their way";
const AGREED: &str = "changes of two nodes are answered as done, and all are read at the end";
const SURVIVED: &str = "a node that has answered a change as done crashes";

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Replicas<Counting>>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 25, needs, draw, judge };
    vec![
        promise("a_node_answers_alone", schedules::cut_in_two, answers_alone, &[ALONE]),
        promise("a_value_is_possible", schedules::bad_network, is_possible, &[READ, evidence::DUPLICATED]),
        promise(
            "all_nodes_agree_in_the_end",
            schedules::bad_network,
            all_agree,
            &[AGREED, evidence::LOST, evidence::DUPLICATED, evidence::OVERTAKEN, evidence::CUT_OFF],
        ),
        promise("a_crash_loses_nothing", schedules::crashes, nothing_is_lost, &[SURVIVED, evidence::RESTARTED]),
        promise("there_is_silence_when_there_is_nothing_to_say", schedules::calm, falls_silent, &[IDLE]),
    ]
}

/// All that a value may be if `own` is in it for certain, and each of the rest or not.
fn sums(own: i64, rest: &[i64]) -> BTreeSet<i64> {
    rest.iter().fold(BTreeSet::from([own]), |sums, by| sums.iter().flat_map(|sum| [*sum, sum + by]).collect())
}

fn told(changes: &[i64]) -> String {
    changes.iter().map(|by| format!("{by:+}")).collect::<Vec<_>>().join(", ")
}

/// Everything that this node has done is in it, and of the rest some.
fn is_possible(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for read in &seen.reads {
        let own: i64 = read.done.iter().map(|number| seen.changes[number].what.0).sum();
        let may = |change: &Change<By>| change.at_ms <= read.at_ms && !change.refused;
        let rest = seen.changes.iter().filter(|(number, change)| !read.done.contains(number) && may(change));
        let rest: Vec<i64> = rest.map(|(_, change)| change.what.0).collect();
        if !rest.is_empty() {
            evidence.count(READ);
        }
        if !sums(own, &rest).contains(&read.value) {
            let expected = if rest.is_empty() {
                format!("{own}, which its own changes come to: nobody was asked for any others")
            } else {
                format!("{own}, which its own changes come to, and any of the others, each once: {}", told(&rest))
            };
            return Err(Breach::new(
                format!("{} answered {} at {} ms", read.node, read.value, read.at_ms),
                expected,
                read.value.to_string(),
            )
            .at(read.at));
        }
    }
    Ok(())
}

fn all_agree(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let changers = seen.changes.values().filter(|change| change.done).map(|change| change.node);
    let changers: BTreeSet<_> = changers.collect();
    if changers.len() > 1 && seen.last_reads.len() == seen.nodes {
        evidence.count(AGREED);
    }
    for read in &seen.last_reads {
        is_exact(seen, read)?;
    }
    Ok(())
}

/// All changes that were done are in it, and of those that were never answered any.
fn is_exact(seen: &Seen, read: &Read) -> Verdict {
    let done: i64 = seen.changes.values().filter(|change| change.done).map(|change| change.what.0).sum();
    let open = seen.changes.values().filter(|change| !change.done && !change.refused);
    let open: Vec<i64> = open.map(|change| change.what.0).collect();
    if sums(done, &open).contains(&read.value) {
        return Ok(());
    }
    let maybe = match open.len() {
        0 => String::new(),
        _ => format!("; what nobody answered may be in it or not: {}", told(&open)),
    };
    Err(Breach::new(
        format!("{} s after the last trouble {} answered {}", seconds(), read.node, read.value),
        format!("{done}: the sum of all changes that were answered as done{maybe}"),
        read.value.to_string(),
    )
    .at(read.at))
}

fn seconds() -> u64 {
    AGREED_MS / 1000
}

fn nothing_is_lost(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    // Whether somebody crashed is the world's evidence; here it must have had something to lose.
    if seen.changes.values().any(|change| change.done) && seen.last_reads.len() == seen.nodes {
        evidence.count(SURVIVED);
    }
    for read in &seen.last_reads {
        is_exact(seen, read)?;
        if let Some(first) = seen.last_reads.first().filter(|first| first.value != read.value) {
            return Err(Breach::new(
                format!("{} answered {} and {} answered {}", first.node, first.value, read.node, read.value),
                "the same value at all nodes".to_owned(),
                format!("{} and {}", first.value, read.value),
            )
            .at(read.at));
        }
    }
    Ok(())
}
