//! Promises about reads that follow a write.

use explore::{Breach, Evidence};

use super::super::contract::Key;
use super::super::remote::Ask;
use super::super::world::{ReadSeen, Seen, WriteSeen, shown};
use super::{GRAIN_MS, Verdict};

pub const READ_AFTER: &str = "a key is read after it was written";
pub const READ_AFTER_FAILURE: &str = "a key is read after a write of it that failed, and was applied";
pub const OVERTAKEN: &str = "a fetch looks at a key before a write does, and comes back after it";

/// A write is sent at once and returns when the store has answered, and then [`nothing_older`].
pub fn written_and_seen(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for write in seen.writes.iter().filter(|write| write.result == Some(Ok(()))) {
        let put = seen.calls.iter().find(|call| call.ask == Ask::Put(write.key, write.value.clone()));
        let sent_ms = put.map(|put| put.sent_ms);
        let answered = put.and_then(|put| put.answered.as_ref()).is_some_and(|(at_ms, _)| *at_ms <= write.ended_ms);
        if !answered || sent_ms.is_some_and(|sent_ms| sent_ms > write.began_ms + GRAIN_MS) {
            let sent = sent_ms.map_or("never sent".to_owned(), |sent_ms| format!("sent at {sent_ms} ms"));
            let before = if answered { "" } else { ", before the store had answered" };
            let actual = format!("{sent}, and returned at {} ms{before}", write.ended_ms);
            let breach = Breach::new(
                format!("the write of {} to key {} was {actual}", write.value, write.key),
                format!("sent at {} ms, and returned when the store has answered", write.began_ms),
                actual,
            );
            return Err(breach.at(write.event));
        }
    }
    nothing_older(seen, counts)
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
fn place(seen: &Seen, key: Key, is: impl Fn(&Option<super::super::contract::Value>) -> bool) -> Option<usize> {
    seen.history.of(key).iter().rposition(|(_, value)| is(value))
}

/// Whether some fetch of the key was served before the write and came back after it.
fn overtakes(seen: &Seen, write: &WriteSeen) -> bool {
    let put = seen.calls.iter().find(|call| call.ask == Ask::Put(write.key, write.value.clone()));
    let Some(applied_ms) = put.and_then(|put| put.served_ms) else { return false };
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
