//! Promises about reads that miss the cache: how they travel, and that each gets what is its own.

use std::collections::BTreeSet;

use explore::{Breach, Evidence};

use super::super::contract::{Key, StoreError, Value};
use super::super::remote::{Ask, ONE_WAY_MS};
use super::super::world::{ReadOutcome, ReadSeen, Seen};
use super::{GRAIN_MS, Verdict, no_answer_withheld};

pub const TOGETHER: &str = "several reads that begin together are all answered";
pub const LEFT_EARLY: &str = "a batch leaves before it is full";
pub const FILLED: &str = "a batch fills up";
pub const JOINED: &str = "a read joins another that is under way";
pub const MIXED: &str = "a good key travels with a bad one";

/// Reads in groups that begin within `span_ms` of the first of each group.
fn groups<'a>(reads: impl Iterator<Item = &'a ReadSeen>, span_ms: u64) -> Vec<Vec<&'a ReadSeen>> {
    let mut groups: Vec<Vec<&ReadSeen>> = Vec::new();
    for read in reads {
        match groups.last_mut() {
            Some(group) if read.began_ms < group[0].began_ms + span_ms => group.push(read),
            _ => groups.push(vec![read]),
        }
    }
    groups
}

/// For people: 0, 5 and 5 are `0 ms, 5 ms (twice)`.
fn times(at_ms: &[u64]) -> String {
    let same = at_ms.chunk_by(|one, other| one == other).map(|same| match same.len() {
        1 => format!("{} ms", same[0]),
        2 => format!("{} ms (twice)", same[0]),
        many => format!("{} ms ({many} times)", same[0]),
    });
    same.collect::<Vec<_>>().join(", ")
}

pub fn share_round_trips(seen: &Seen, counts: &mut Evidence) -> Verdict {
    if seen.hangs() {
        return Ok(());
    }
    let policy = &seen.policy;
    if let Some(read) = seen.reads.iter().find(|read| matches!(read.outcome, ReadOutcome::Returned(Err(_)))) {
        let breach = Breach::new(
            format!("{} failed, although nothing is wrong with the store", read.name()),
            format!("its value: a call to the store asks for at most {} keys", policy.max_batch),
            read.told(),
        );
        return Err(breach.at(read.event));
    }
    if seen.reads.iter().all(|read| seen.has_answered(read)) {
        counts.count(TOGETHER);
    }
    let batches = batches(seen);
    let calls: Vec<u64> = seen.calls.iter().map(|call| call.sent_ms).collect();
    if let Some(last) = seen.reads.last().filter(|_| calls.len() > batches.len()) {
        let told: Vec<String> =
            batches.iter().map(|(from_ms, keys)| format!("{keys} keys from {from_ms} ms on")).collect();
        let breach = Breach::new(
            format!("reads of {} keys cost {} calls to the store", seen.reads.len(), calls.len()),
            format!(
                "at most {}, with batches of {} and a window of {} ms: {}",
                batches.len(),
                policy.max_batch,
                policy.window_ms,
                told.join(", ")
            ),
            format!("{}, sent at {}", calls.len(), times(&calls)),
        );
        return Err(breach.at(last.event));
    }
    Ok(())
}

/// The batches that reads of different keys make: when each was opened, and how many keys it took along.
fn batches(seen: &Seen) -> Vec<(u64, usize)> {
    let mut batches: Vec<(u64, usize)> = Vec::new();
    for read in &seen.reads {
        match batches.last_mut() {
            Some((from_ms, keys))
                if *keys < seen.policy.max_batch && read.began_ms < *from_ms + seen.policy.window_ms =>
            {
                *keys += 1;
            }
            _ => batches.push((read.began_ms, 1)),
        }
    }
    batches
}

pub fn window_holds(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let window_ms = seen.policy.window_ms;
    for read in &seen.reads {
        let sent_ms = seen.sent_ms(read);
        if sent_ms.is_none_or(|sent_ms| sent_ms > read.began_ms + window_ms + GRAIN_MS) {
            let when = sent_ms.map_or("never asked for".to_owned(), |sent_ms| {
                format!("asked for at {sent_ms} ms, {} ms later", sent_ms - read.began_ms)
            });
            let breach = Breach::new(
                format!("key {} was read at {} ms and {when}", read.key, read.began_ms),
                format!("asked for at {} ms at the latest: the window is {window_ms} ms", read.began_ms + window_ms),
                when,
            );
            return Err(breach.at(read.event));
        }
    }
    let small = |call: &&_| matches!(call, Ask::Fetch(keys) if keys.len() < seen.policy.max_batch);
    seen.calls.iter().map(|call| &call.ask).filter(small).for_each(|_| counts.count(LEFT_EARLY));
    Ok(())
}

pub fn full_leaves(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let max_batch = seen.policy.max_batch;
    for call in &seen.calls {
        if matches!(&call.ask, Ask::Fetch(keys) if keys.len() == max_batch) {
            counts.count(FILLED);
        }
    }
    for now_ms in seen.reads.iter().map(|read| read.began_ms) {
        let held = |read: &&ReadSeen| {
            let since_ms = read.began_ms;
            since_ms <= now_ms && seen.sent_ms(read).is_none_or(|sent_ms| sent_ms > now_ms + GRAIN_MS)
        };
        let held: Vec<&ReadSeen> = seen.reads.iter().filter(held).collect();
        if held.len() >= max_batch {
            let left_ms = held.iter().filter_map(|read| seen.sent_ms(read)).min();
            let left = left_ms.map_or("none of them ever left".to_owned(), |ms| format!("the next left at {ms} ms"));
            return Err(Breach::new(
                format!("{} keys waited at {now_ms} ms, enough for a batch of {max_batch}; {left}", held.len()),
                format!("a batch of {max_batch} leaves at {now_ms} ms"),
                left,
            ));
        }
    }
    Ok(())
}

pub fn travel_once(seen: &Seen, counts: &mut Evidence) -> Verdict {
    no_answer_withheld(seen)?;
    let keys: BTreeSet<Key> = seen.reads.iter().map(|read| read.key).collect();
    for key in keys {
        // No answer can be back before that.
        let span_ms = 2 * ONE_WAY_MS;
        let groups = groups(seen.reads.iter().filter(|read| read.key == key), span_ms);
        if groups.iter().any(|group| group.len() > 1 && group.iter().all(|read| seen.has_answered(read))) {
            counts.count(JOINED);
        }
        let mut travels: Vec<u64> = Vec::new();
        for call in &seen.calls {
            let Ask::Fetch(keys) = &call.ask else { continue };
            travels.extend(keys.iter().filter(|asked| **asked == key).map(|_| call.sent_ms));
        }
        if travels.len() > groups.len() {
            let reads: Vec<u64> = seen.reads.iter().filter(|read| read.key == key).map(|read| read.began_ms).collect();
            let once = if groups.len() == 1 { "once".to_owned() } else { format!("{} times at most", groups.len()) };
            return Err(Breach::new(
                format!("key {key} travelled {} times for reads that overlap", travels.len()),
                format!("{once}: a read joins the one that is waiting or on its way"),
                format!("read at {}, asked for at {}", times(&reads), times(&travels)),
            ));
        }
    }
    Ok(())
}

pub fn others_served(seen: &Seen, _: &mut Evidence) -> Verdict {
    if !seen.reads.iter().any(|read| read.outcome == ReadOutcome::GivenUp) {
        return Ok(());
    }
    let limit_ms = 2 * (seen.policy.window_ms + 2 * ONE_WAY_MS) + GRAIN_MS;
    let right = Ok(Some(Value("v0".to_owned())));
    for read in seen.reads.iter().filter(|read| read.outcome != ReadOutcome::GivenUp) {
        let in_time = read.ended_ms <= read.began_ms + limit_ms;
        if !in_time || read.outcome != ReadOutcome::Returned(right.clone()) {
            let latest_ms = read.began_ms + limit_ms;
            let breach = Breach::new(
                format!("another caller gave up, and {} did not get its answer", read.name()),
                format!("v0 by {latest_ms} ms, whatever other callers do"),
                read.told(),
            );
            return Err(breach.at(read.event));
        }
    }
    Ok(())
}

pub fn fails_alone(seen: &Seen, counts: &mut Evidence) -> Verdict {
    no_answer_withheld(seen)?;
    for call in &seen.calls {
        let Some((_, Ok(answers))) = &call.answered else { continue };
        if answers.values().any(Result::is_ok) && answers.values().any(Result::is_err) {
            counts.count(MIXED);
        }
    }
    for read in &seen.reads {
        let ReadOutcome::Returned(result) = &read.outcome else { continue };
        let bad = seen.answers(read.key).iter().any(|(_, answer)| answer.is_err());
        let expected = if bad { Err(StoreError::Damaged { key: read.key }) } else { Ok(Some(Value("v0".to_owned()))) };
        if *result != expected {
            let why = if bad { "its own record is damaged" } else { "its own record is whole" };
            let expected = ReadSeen { outcome: ReadOutcome::Returned(expected), ..read.clone() }.told();
            let breach = Breach::new(
                format!("{} returned {}, but {why}", read.name(), read.told()),
                format!("{expected}: what the store said about this key"),
                read.told(),
            );
            return Err(breach.at(read.event));
        }
    }
    Ok(())
}
