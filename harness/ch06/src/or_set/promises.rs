//! What is promised of the nodes, and how each promise is judged from what was seen.

use explore::{Breach, Evidence};
use harness::exercise::{Judge, Promise};
use harness::processes::evidence;
use render::explain::plural;

use super::contract::{DISK_PER_ELEMENT_BYTES, DISK_PER_NODE_BYTES, Elements, Listing};
use super::reckoning::Reckoning;
use super::schedules;
use crate::replicas::promises::{ALONE, IDLE, answers_alone, falls_silent};
use crate::replicas::{AGREED_MS, Replicas};

type Verdict = Result<(), Breach>;
type Seen = crate::replicas::Seen<Listing>;
type Read = crate::replicas::Read<Elements>;

const AGREED: &str = "two nodes make changes that are answered as done, somebody is there at the end and all are asked";
const GONE: &str = "somebody who must be gone is gone, and a message comes late or twice";
const SURVIVED: &str = "a change is answered as done, and who was added is there at the end";
const MANY: &str = "a hundred are added and removed, and one who was added stays";

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Replicas<Listing>>> {
    let promise = |name, schedules, draw, judge: Judge<Seen>, needs| Promise { name, schedules, needs, draw, judge };
    vec![
        promise("a_node_answers_alone", 12, schedules::cut_in_two, answers_alone, &[ALONE]),
        promise(
            "all_nodes_agree_in_the_end",
            25,
            schedules::bad_network,
            all_agree,
            &[AGREED, evidence::LOST, evidence::DUPLICATED, evidence::OVERTAKEN, evidence::CUT_OFF],
        ),
        promise(
            "an_old_message_brings_nothing_back",
            20,
            schedules::old_messages,
            nothing_comes_back,
            &[GONE, evidence::DUPLICATED, evidence::OVERTAKEN],
        ),
        promise("a_crash_loses_nothing", 25, schedules::crashes, nothing_is_lost, &[SURVIVED, evidence::RESTARTED]),
        promise(
            "what_is_gone_leaves_nothing_behind",
            4,
            schedules::comings_and_goings,
            leaves_nothing_behind,
            &[MANY, evidence::SYNCED],
        ),
        promise("there_is_silence_when_there_is_nothing_to_say", 10, schedules::calm, falls_silent, &[IDLE]),
    ]
}

/// What a node has shown, and what it had to.
struct Shown<'a> {
    read: &'a Read,
    reckoning: Reckoning<'a>,
    when: String,
}

impl<'a> Shown<'a> {
    fn now(seen: &'a Seen, read: &'a Read) -> Self {
        let when = format!("at {} ms", read.at_ms);
        Shown { read, reckoning: Reckoning::at(seen, read.node, read.at_ms), when }
    }

    fn last(seen: &'a Seen, read: &'a Read) -> Self {
        let when = format!("{} s after the last trouble", AGREED_MS / 1000);
        Shown { read, reckoning: Reckoning::in_the_end(seen), when }
    }

    fn breach(&self, expected: String) -> Breach {
        let read = self.read;
        let happened = format!("{} {} showed {}", self.when, read.node, read.value);
        Breach::new(happened, expected, read.value.to_string()).at(read.at)
    }

    /// All are there who must be.
    fn misses_nobody(&self, seen: &'a Seen) -> Verdict {
        for element in elements(seen).filter(|element| !self.read.value.0.contains(*element)) {
            if let Some(addition) = self.reckoning.must_be_there(element) {
                return Err(self.breach(format!(
                    "{element} is there: {} added it at {} ms, and no removal knew of that",
                    addition.node, addition.at_ms
                )));
            }
        }
        Ok(())
    }

    /// Nobody is there who must be gone, or has never come.
    fn shows_nobody_else(&self) -> Verdict {
        for element in &self.read.value.0 {
            if !self.reckoning.was_ever_added(element) {
                return Err(self.breach(format!("{element} is not there: nobody has ever added it")));
            }
            if let Some(removal) = self.reckoning.must_be_gone(element) {
                return Err(self.breach(format!(
                    "{element} is not there: every addition of it was removed, the last by {} at {} ms",
                    removal.node, removal.at_ms
                )));
            }
        }
        Ok(())
    }
}

/// All elements that anybody has asked to be added or removed.
fn elements(seen: &Seen) -> impl Iterator<Item = &str> {
    let all: std::collections::BTreeSet<&str> = seen.changes.values().map(|change| change.what.element()).collect();
    all.into_iter()
}

/// Nodes show what they must, and at the end all show the same.
fn is_right(seen: &Seen) -> Verdict {
    for read in &seen.reads {
        let shown = Shown::now(seen, read);
        shown.misses_nobody(seen)?;
        shown.shows_nobody_else()?;
    }
    for read in &seen.last_reads {
        let shown = Shown::last(seen, read);
        shown.misses_nobody(seen)?;
        shown.shows_nobody_else()?;
        if let Some(first) = seen.last_reads.first().filter(|first| first.value != read.value) {
            let (one, other) = (first.node, read.node);
            return Err(Breach::new(
                format!("{}: {one} showed {} and {other} showed {}", shown.when, first.value, read.value),
                "the same set at all nodes".to_owned(),
                format!("{} and {}", first.value, read.value),
            )
            .at(read.at));
        }
    }
    Ok(())
}

/// Whether changes were answered as done, all were asked at the end, and it shows that somebody was added.
fn something_is_there(seen: &Seen) -> bool {
    let added = seen.changes.values().any(|change| change.done && change.what.adds());
    let shown = |read: &Read| !read.value.0.is_empty();
    added && seen.last_reads.len() == seen.nodes && seen.last_reads.iter().all(shown)
}

fn all_agree(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let changers = seen.changes.values().filter(|change| change.done).map(|change| change.node);
    let changers: std::collections::BTreeSet<_> = changers.collect();
    if changers.len() > 1 && something_is_there(seen) {
        evidence.count(AGREED);
    }
    is_right(seen)
}

/// Only who is there and must not be is this promise's business.
fn nothing_comes_back(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let reads = seen.reads.iter().map(|read| Shown::now(seen, read));
    for shown in reads.chain(seen.last_reads.iter().map(|read| Shown::last(seen, read))) {
        shown.shows_nobody_else()?;
        if elements(seen).any(|element| shown.reckoning.must_be_gone(element).is_some()) {
            evidence.count(GONE);
        }
    }
    Ok(())
}

fn nothing_is_lost(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    // Whether somebody crashed is the world's evidence; here it must have had something to lose.
    if something_is_there(seen) {
        evidence.count(SURVIVED);
    }
    is_right(seen)
}

fn leaves_nothing_behind(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let removed = seen.changes.values().filter(|change| change.done && !change.what.adds()).count();
    if removed >= 100 && something_is_there(seen) {
        evidence.count(MANY);
    }
    for read in &seen.last_reads {
        let (elements, bytes) = (read.value.0.len(), seen.disk_bytes[read.node.index()]);
        let allowed = seen.nodes * DISK_PER_NODE_BYTES + elements * DISK_PER_ELEMENT_BYTES;
        if bytes > allowed {
            let changes = plural(seen.changes.len() as u64, "change");
            return Err(Breach::new(
                format!(
                    "{bytes} bytes were on the disk of {} {} s after {changes}, and {} in its set",
                    read.node,
                    AGREED_MS / 1000,
                    plural(elements as u64, "element")
                ),
                format!(
                    "at most {allowed} bytes: {DISK_PER_NODE_BYTES} for each of {} nodes and {DISK_PER_ELEMENT_BYTES} \
                     for each element",
                    seen.nodes
                ),
                format!("{bytes} bytes"),
            )
            .at(read.at));
        }
    }
    Ok(())
}
