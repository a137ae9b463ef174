//! Promises about what is kept, for how long, and how much of it.

use std::collections::{BTreeMap, BTreeSet};

use explore::{Breach, Evidence};

use super::super::contract::Key;
use super::super::world::{ReadOutcome, ReadSeen, Seen, shown};
use super::{GRAIN_MS, Verdict, no_answer_withheld};

pub const RECOVERED: &str = "a read succeeds after one of its key has failed";
pub const SERVED: &str = "a read is served from the cache";
pub const OUTLIVED: &str = "a key is read after the time of its answer is over";
pub const ABSENT_SERVED: &str = "a read of a missing key is served from the cache";
pub const ABSENT_OUTLIVED: &str = "a missing key is read after the time of that answer is over";
pub const OVERFULL: &str = "more keys are read at once than the cache may hold";
pub const STAYED: &str = "a key that is read often is served from the cache while others are evicted";

pub fn failure_forgotten(seen: &Seen, counts: &mut Evidence) -> Verdict {
    no_answer_withheld(seen)?;
    for read in &seen.reads {
        let answers = seen.answers(read.key);
        match &read.outcome {
            ReadOutcome::Returned(Ok(value)) => {
                if answers.iter().any(|(at_ms, answer)| *at_ms < read.began_ms && answer.is_err()) {
                    counts.count(RECOVERED);
                }
                if !answers.iter().any(|(at_ms, answer)| *at_ms <= read.ended_ms && answer.as_ref() == Ok(value)) {
                    let breach = Breach::new(
                        format!("{} returned {}, which the store never said", read.name(), shown(value)),
                        "the error that the store answered with",
                        read.told(),
                    );
                    return Err(breach.at(read.event));
                }
            }
            ReadOutcome::Returned(Err(error)) => {
                // An error that the store never gave for this key is another promise's business.
                let said = answers.iter().filter(|(_, answer)| answer.as_ref() == Err(error));
                let last_ms = said.map(|(at_ms, _)| *at_ms).take_while(|at_ms| *at_ms <= read.ended_ms).last();
                if let Some(said_ms) = last_ms.filter(|at_ms| *at_ms < read.began_ms) {
                    let breach = Breach::new(
                        format!("{} failed with an error from before, that of {said_ms} ms: {error}", read.name()),
                        "a new call to the store: a failure is no answer to keep",
                        read.told(),
                    );
                    return Err(breach.at(read.event));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// The answer that a read has to be served from unless it was evicted, if there is one: it had arrived before, its time
/// is not over, and nobody waits for a newer one. Only asked where nothing is written through the reader.
fn kept_answer(seen: &Seen, read: &ReadSeen) -> Option<(u64, String, bool)> {
    let waits = |other: &ReadSeen| other.began_ms < read.began_ms && other.ended_ms > read.began_ms;
    if seen.reads.iter().any(|other| other.key == read.key && waits(other)) {
        return None;
    }
    let fresh = |at_ms: u64| at_ms < read.began_ms && read.began_ms + GRAIN_MS < at_ms + seen.policy.ttl_ms;
    let kept = seen.answers(read.key).into_iter().rev().find(|(at_ms, answer)| fresh(*at_ms) && answer.is_ok());
    let (at_ms, answer) = kept?;
    let value = answer.ok()?;
    Some((at_ms, shown(&value), value.is_none()))
}

fn costs_nothing(seen: &Seen, read: &ReadSeen) -> Verdict {
    let Some((at_ms, value, _)) = kept_answer(seen, read) else { return Ok(()) };
    let until_ms = at_ms + seen.policy.ttl_ms;
    let sent_ms = seen.sent_ms(read).filter(|sent_ms| *sent_ms <= read.began_ms + seen.policy.window_ms + GRAIN_MS);
    let cost = match sent_ms {
        Some(sent_ms) => format!("the store was asked again at {sent_ms} ms"),
        None if !read.at_once() => read.told(),
        None => return Ok(()),
    };
    let breach = Breach::new(
        format!("{} was not served from the cache: {cost}", read.name()),
        format!("{value} at once, and no call: that answer arrived at {at_ms} ms and serves until {until_ms} ms"),
        format!("{}; {cost}", read.told()),
    );
    Err(breach.at(read.event))
}

pub fn served_at_once(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for read in &seen.reads {
        costs_nothing(seen, read)?;
        if kept_answer(seen, read).is_some() {
            counts.count(SERVED);
        }
    }
    Ok(())
}

/// A read returns what an answer said that was not too old when the read began.
fn not_too_old(seen: &Seen, read: &ReadSeen) -> Verdict {
    let Some(value) = read.value() else { return Ok(()) };
    let ttl_ms = seen.policy.ttl_ms;
    let answers = seen.answers(read.key);
    let said = |at_ms: &u64, answer: &Result<_, _>| *at_ms <= read.ended_ms && answer.as_ref() == Ok(value);
    let source_ms = answers.iter().rev().find(|(at_ms, answer)| said(at_ms, answer)).map(|(at_ms, _)| *at_ms);
    if source_ms.is_some_and(|at_ms| at_ms + ttl_ms + GRAIN_MS >= read.began_ms) {
        return Ok(());
    }
    let source = source_ms.map_or("which the store had never said".to_owned(), |at_ms| {
        format!("an answer that had arrived at {at_ms} ms, {} ms before", read.began_ms - at_ms)
    });
    let breach = Breach::new(
        format!("{} returned \"{}\", {source}", read.name(), shown(value)),
        format!("a new answer: one serves for {ttl_ms} ms from its arrival, however often it is read"),
        format!("\"{}\" at {} ms", shown(value), read.ended_ms),
    );
    Err(breach.at(read.event))
}

/// Whether a read returned a value although an older answer's time was over when it began.
fn outlived(seen: &Seen, read: &ReadSeen) -> bool {
    let over = |at_ms: u64| at_ms + seen.policy.ttl_ms + GRAIN_MS < read.began_ms;
    read.value().is_some() && seen.answers(read.key).iter().any(|(at_ms, _)| over(*at_ms))
}

pub fn values_expire(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for read in seen.reads.iter().filter(|read| read.value() != Some(&None)) {
        not_too_old(seen, read)?;
        if outlived(seen, read) {
            counts.count(OUTLIVED);
        }
    }
    Ok(())
}

pub fn absence_expires(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for read in &seen.reads {
        if kept_answer(seen, read).is_some_and(|(_, _, absent)| absent) {
            costs_nothing(seen, read)?;
            counts.count(ABSENT_SERVED);
        }
        if read.value() == Some(&None) {
            not_too_old(seen, read)?;
        }
        if outlived(seen, read) {
            counts.count(ABSENT_OUTLIVED);
        }
    }
    Ok(())
}

pub fn bounded(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let capacity = seen.policy.capacity;
    let mut bursts: BTreeMap<u64, Vec<&ReadSeen>> = BTreeMap::new();
    for read in &seen.reads {
        bursts.entry(read.began_ms).or_default().push(read);
    }
    for (began_ms, burst) in bursts {
        let keys: BTreeSet<Key> = burst.iter().map(|read| read.key).collect();
        let served: BTreeSet<Key> = burst.iter().filter(|read| read.at_once()).map(|read| read.key).collect();
        if keys.len() > capacity && keys.iter().all(|key| seen.answers(*key).iter().any(|(ms, _)| *ms < began_ms)) {
            counts.count(OVERFULL);
        }
        if served.len() > capacity {
            return Err(Breach::new(
                format!("at {began_ms} ms, reads of {} keys were served from the cache", served.len()),
                format!("at most {capacity}: the cache keeps no more answers than that"),
                format!("served at once: keys {:?}", served.iter().map(|key| key.0).collect::<Vec<_>>()),
            ));
        }
    }
    Ok(())
}

/// Keys for which the key of `read` may have been evicted: each was read more recently, or at least as often.
///
/// Evicting it takes a cache full of such keys. For what would it have been evicted otherwise? The cache then kept a key
/// that was read both less often and longer ago. "As often" is counted in favour of the reader under test: only reads
/// since its answer arrived count for this key, all reads count for the others.
fn rivals(seen: &Seen, read: &ReadSeen, since_ms: u64) -> BTreeSet<Key> {
    let before = || seen.reads.iter().filter(|other| other.began_ms < read.began_ms);
    let mine: Vec<&ReadSeen> = before().filter(|other| other.key == read.key && other.ended_ms >= since_ms).collect();
    let last_ms = mine.iter().map(|other| other.began_ms).max().unwrap_or(since_ms);
    let mut counts: BTreeMap<Key, usize> = BTreeMap::new();
    let mut rivals = BTreeSet::new();
    for other in before().filter(|other| other.key != read.key) {
        let count = counts.entry(other.key).or_default();
        *count += 1;
        if other.ended_ms >= last_ms || *count >= mine.len() {
            rivals.insert(other.key);
        }
    }
    rivals
}

pub fn useful_stays(seen: &Seen, counts: &mut Evidence) -> Verdict {
    if seen.hangs() {
        return Ok(());
    }
    let capacity = seen.policy.capacity;
    let keys: BTreeSet<Key> = seen.reads.iter().map(|read| read.key).collect();
    for read in &seen.reads {
        let Some((since_ms, ..)) = kept_answer(seen, read) else { continue };
        let rivals = rivals(seen, read, since_ms);
        if rivals.len() >= capacity {
            continue;
        }
        if keys.len() > capacity && !rivals.is_empty() && read.at_once() {
            counts.count(STAYED);
        }
        if let Err(breach) = costs_nothing(seen, read) {
            let rivals: Vec<u32> = rivals.iter().map(|key| key.0).collect();
            return Err(Breach {
                happened: format!("{} had to ask the store: key {} had been evicted", read.name(), read.key),
                expected: format!(
                    "it stays: a cache of {capacity} also kept keys that were read both less often and longer ago"
                ),
                actual: format!("{}; only keys {rivals:?} were read more recently or as often", read.told()),
                ..breach
            });
        }
    }
    Ok(())
}
