//! What is promised of the receiver, judged from what it returned, what it took off the link and what it held.

use explore::{Breach, Evidence};

use super::promises::{Verdict, nth_of, received, told};
use super::world::{Seen, evidence};

pub fn reads_no_further(seen: &Seen, _: &mut Evidence) -> Verdict {
    let allowed = 4 * seen.setup.policy.frame_bytes;
    let ends = seen.wire.records().map(|(frame, _)| frame.to);
    for (nth, (got, end)) in seen.got.iter().zip(std::iter::once(0).chain(ends)).enumerate() {
        let ahead = got.taken_before.saturating_sub(end);
        if ahead > allowed {
            return Err(Breach::new(
                format!("the receiver had taken {ahead} bytes beyond the frame of the last record it was asked for"),
                format!("at most {allowed} bytes; the rest waits in the link, and its writer with it"),
                format!("{} bytes taken off the link when record {nth} was asked for", got.taken_before),
            )
            .at(got.event));
        }
    }
    Ok(())
}

/// The records that came are the first ones that were sent, and then errors.
fn first_records(seen: &Seen) -> Verdict {
    let records = received(seen);
    let sent: Vec<Vec<u8>> = seen.sent.iter().map(|sent| sent.record.clone()).collect();
    if !sent.starts_with(&records) {
        let nth = records.iter().zip(&sent).take_while(|(got, sent)| got == sent).count();
        return Err(Breach::new(
            format!("the receiver returned a record {nth} that was never sent there"),
            format!("an error, or record {nth}: {}", nth_of(&sent, nth, "there is none")),
            nth_of(&records, nth, "there is none"),
        ));
    }
    Ok(())
}

pub fn ends_in_an_error(seen: &Seen, counts: &mut Evidence) -> Verdict {
    first_records(seen)?;
    let damaged = [evidence::FLIPPED, evidence::CUT, evidence::MISPLACED, evidence::FORGED];
    if damaged.iter().all(|damage| counts.of(damage) == 0) {
        return Ok(());
    }
    let first_error = seen.got.iter().position(|got| matches!(got.outcome, Some(Err(_))));
    let wrong = seen.got.iter().enumerate().find(|(nth, got)| match got.outcome {
        Some(Err(_)) => false,
        Some(Ok(Some(_))) => first_error.is_some_and(|first| *nth > first),
        Some(Ok(None)) | None => true,
    });
    let Some((nth, got)) = wrong else { return Ok(()) };
    Err(Breach::new(
        format!("call {nth} of next, on a damaged stream, returned {}", told(got)),
        "an error, and from then on nothing but errors",
        calls(seen),
    )
    .at(got.event))
}

pub fn no_memory(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let allowed = 8 * seen.setup.policy.frame_bytes + (256 << 10);
    if seen.peak_bytes > allowed + WORLD_BYTES {
        return Err(Breach::new(
            format!("the receiver held {} KiB of memory for a hostile frame", seen.peak_bytes >> 10),
            format!("at most {} KiB, whatever comes", allowed >> 10),
            format!("{} KiB, with {} bytes on the wire", seen.peak_bytes >> 10, seen.wire_bytes),
        ));
    }
    ends_in_an_error(seen, counts)?;
    let Some(error) = seen.got.iter().find(|got| matches!(got.outcome, Some(Err(_)))) else { return Ok(()) };
    if seen.closed_ms.is_some_and(|closed_ms| error.at_ms >= closed_ms) {
        return Err(Breach::new(
            "the receiver waited for more of a hostile frame until the link ended",
            "an error as soon as the frame can be known to be hostile",
            format!("{} at {} ms", told(error), error.at_ms),
        ));
    }
    Ok(())
}

/// What the world itself allocates in a play with little data.
const WORLD_BYTES: usize = 64 << 10;

/// What all calls of `next` returned, records in a row taken together.
fn calls(seen: &Seen) -> String {
    let mut calls: Vec<String> = Vec::new();
    let mut records = 0;
    for got in &seen.got {
        if matches!(got.outcome, Some(Ok(Some(_)))) {
            records += 1;
            continue;
        }
        calls.extend(count(records));
        records = 0;
        calls.push(told(got));
    }
    calls.extend(count(records));
    calls.join("; ")
}

fn count(records: usize) -> Option<String> {
    match records {
        0 => None,
        1 => Some("a record".to_owned()),
        _ => Some(format!("{records} records")),
    }
}
