//! Promises about reads that follow a write.

use explore::{Breach, Evidence};

use super::super::contract::{Key, Value};
use super::super::remote::{Ask, CallSeen};
use super::super::world::{ReadSeen, Seen, WriteSeen, shown};
use super::{GRAIN_MS, Verdict};

pub const READ_AFTER: &str = "a key is read after it was written";
pub const READ_AFTER_FAILURE: &str = "a key is read after a write of it that failed, and was applied";
pub const OVERTAKEN: &str = "a fetch looks at a key before a write does, and comes back after it";

/// A write is sent at once, its caller is told what the store said, and then [`nothing_older`].
pub fn sent_and_seen(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for write in &seen.writes {
        let sent_ms = put(seen, write).map(|put| put.sent_ms);
        if sent_ms.is_none_or(|sent_ms| sent_ms > write.began_ms + GRAIN_MS) {
            let sent = sent_ms.map_or("never sent".to_owned(), |sent_ms| format!("sent at {sent_ms} ms"));
            let breach = Breach::new(
                format!("the write of {} to key {} was {sent}", write.value, write.key),
                format!("a put at {} ms: a write does not wait for anything", write.began_ms),
                sent,
            );
            return Err(breach.at(write.event));
        }
    }
    told_and_seen(seen, counts)
}

/// A write returns what the store said, not before, and then [`nothing_older`].
pub fn told_and_seen(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for write in &seen.writes {
        let said = put(seen, write).and_then(|put| put.answered.as_ref());
        let by_then = said.filter(|(at_ms, _)| *at_ms <= write.ended_ms);
        let expected = by_then.map(|(_, answer)| answer.as_ref().map(|_| ()).map_err(Clone::clone));
        if write.result != expected || expected.is_none() {
            let told = write.result.as_ref().map_or("nothing".to_owned(), |result| format!("{result:?}"));
            let (had, expected) = match said {
                Some((at_ms, answer)) => {
                    let answer = format!("{:?}", answer.as_ref().map(|_| ()));
                    let had = if by_then.is_some() { format!("said {answer}") } else { "not answered yet".to_owned() };
                    (had, format!("{answer} at {at_ms} ms, as the store answered"))
                }
                None => ("not answered".to_owned(), "what the store answers".to_owned()),
            };
            let actual = format!("{told} at {} ms, when the store had {had}", write.ended_ms);
            let breach = Breach::new(
                format!("the caller that wrote {} to key {} was told {actual}", write.value, write.key),
                expected,
                actual,
            );
            return Err(breach.at(write.event));
        }
    }
    nothing_older(seen, counts)
}

/// The call that carried a write to the store.
fn put<'a>(seen: &'a Seen, write: &WriteSeen) -> Option<&'a CallSeen> {
    let ask = Ask::Put(write.key, write.value.clone());
    seen.calls.iter().find(|call| call.ask == ask)
}

/// Everything that is promised after a write: the promises about it differ in what they put in the way.
pub fn nothing_older(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for write in &seen.writes {
        let Some(result) = &write.result else { continue };
        let applied = place(seen, write.key, |value| value.as_ref() == Some(&write.value));
        let Some(applied) = applied else { continue };
        if overtakes(seen, write) {
            counts.count(OVERTAKEN);
        }
        for read in seen.reads.iter().filter(|read| read.key == write.key && read.began_ms > write.ended_ms) {
            sees(seen, write, applied, read)?;
            if read.value().is_some() {
                counts.count(if result.is_ok() { READ_AFTER } else { READ_AFTER_FAILURE });
            }
        }
    }
    Ok(())
}

/// The place of the latest such value in what the key has held.
fn place(seen: &Seen, key: Key, is: impl Fn(&Option<Value>) -> bool) -> Option<usize> {
    seen.history.of(key).iter().rposition(|(_, value)| is(value))
}

/// Whether some fetch of the key was served before the write and came back after it.
fn overtakes(seen: &Seen, write: &WriteSeen) -> bool {
    let Some(applied_ms) = put(seen, write).and_then(|put| put.served_ms) else { return false };
    let older = |served_ms: Option<u64>| served_ms.is_some_and(|served_ms| served_ms < applied_ms);
    let later = |at_ms: u64| at_ms > write.ended_ms;
    seen.fetches(write.key).any(|call| older(call.served_ms) && call.answer(write.key).is_some_and(|(ms, _)| later(ms)))
}

fn sees(seen: &Seen, write: &WriteSeen, applied: usize, read: &ReadSeen) -> Verdict {
    let Some(value) = read.value() else { return Ok(()) };
    if place(seen, read.key, |held| held == value).is_some_and(|place| place >= applied) {
        return Ok(());
    }
    let held = seen.history.of(read.key);
    let held: Vec<String> = held.iter().map(|(at_ms, value)| format!("{} from {at_ms} ms", shown(value))).collect();
    let ended = match &write.result {
        Some(Err(_)) => format!("failed at {} ms, though it had been applied", write.ended_ms),
        _ => format!("returned at {} ms", write.ended_ms),
    };
    let breach = Breach::new(
        format!("the write of {} {ended}, and {} still got {}", write.value, read.name(), shown(value)),
        format!("{} or newer; the store held {}", write.value, held.join(", then ")),
        format!("{} at {} ms", shown(value), read.ended_ms),
    );
    Err(breach.at(read.event))
}
