//! What is promised, and how each promise is judged from what was seen.
//!
//! A stream that is not as the format asks, or lacks records, breaks the first promise. The others look at what there is
//! of it, so that each fails for its own reason.

use explore::{Breach, Evidence};

use super::contract::{HEADER_BYTES, LENGTH_BYTES, SendError};
use super::link::Moment;
use super::peer;
use super::schedules;
use super::world::{Finish, Got, PATIENCE_MS, Pipe, Seen, Under, evidence};
use crate::exercise::{Judge, Promise};

/// tokio rounds every wait up to whole milliseconds.
const GRAIN_MS: u64 = 1;

const ALL_SENT: &str = "all records of a stream are on the wire";
const SHARED: &str = "small records share a frame";
const ALONE: &str = "a record comes when no other is waiting";
const WINDOW_FULL: &str = "a sender makes its caller wait";
const ROOM_LEFT: &str = "a record that found room gets onto the wire";
const LEFT_TO_WRITE: &str = "finish has something left to write";
const REFUSED: &str = "a record is too large";
const GOOD_RECORD: &str = "a record that fits is sent";

type Verdict = Result<(), Breach>;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Pipe>> {
    let promise = |name, schedules, draw, judge: Judge<Seen>, needs| Promise { name, schedules, needs, draw, judge };
    vec![
        promise(
            "records_arrive_in_order_exactly_as_sent",
            30,
            schedules::mixed,
            exact,
            &[evidence::RECEIVED, ALL_SENT],
        ),
        promise("compressible_data_arrives_near_the_ideal_time", 4, schedules::bulk, near_ideal, &[ALL_SENT]),
        promise("incompressible_data_costs_little_more_than_itself", 6, schedules::noise, costs_little, &[ALL_SENT]),
        promise("small_records_travel_together", 6, schedules::trickle, together, &[SHARED]),
        promise("a_lone_record_is_not_held_back", 16, schedules::lone, not_held_back, &[ALONE]),
        promise("the_sender_holds_no_more_than_its_window", 12, schedules::stalls, within_window, &[WINDOW_FULL]),
        promise("a_record_is_taken_at_once_while_there_is_room", 12, schedules::room, taken_at_once, &[ROOM_LEFT]),
        promise("finish_waits_until_everything_is_on_the_wire", 20, schedules::short, finish_waits, &[LEFT_TO_WRITE]),
        promise("a_broken_link_is_reported", 20, schedules::broken, reported, &[evidence::BROKEN]),
        promise("a_record_too_large_is_refused", 10, schedules::oversize, refused, &[REFUSED, GOOD_RECORD]),
        promise(
            "a_slow_reader_slows_the_writer",
            6,
            schedules::slow_reader,
            reads_no_further,
            &[evidence::RECEIVED, evidence::WRITER_WAITS],
        ),
        promise("a_changed_byte_is_never_taken_for_data", 60, schedules::flips, ends_in_an_error, &[evidence::FLIPPED]),
        promise("a_cut_is_never_a_clean_end", 30, schedules::cuts, ends_in_an_error, &[evidence::CUT]),
        promise("a_frame_out_of_place_is_an_error", 30, schedules::misplaced, ends_in_an_error, &[evidence::MISPLACED]),
        promise("a_hostile_length_reserves_no_memory", 12, schedules::hostile_lengths, no_memory, &[evidence::FORGED]),
        promise("a_decompression_bomb_is_refused", 12, schedules::bombs, no_memory, &[evidence::FORGED]),
    ]
}

/// The records that `send` took.
fn taken(seen: &Seen) -> impl Iterator<Item = &super::world::Sent> {
    seen.sent.iter().filter(|sent| sent.outcome == Some(Ok(())))
}

fn start_of(record: &[u8]) -> String {
    let start: String = record.iter().take(24).map(|byte| byte.escape_ascii().to_string()).collect();
    format!("{} bytes, \"{start}{}\"", record.len(), if record.len() > 24 { "…" } else { "" })
}

fn nth_of(records: &[Vec<u8>], nth: usize, end: &str) -> String {
    records.get(nth).map_or(end.to_owned(), |record| start_of(record))
}

/// Whether these are the records that were taken, all of them.
fn same(expected: &[Vec<u8>], actual: &[Vec<u8>], whose: &str) -> Verdict {
    if expected == actual {
        return Ok(());
    }
    let nth = expected.iter().zip(actual).take_while(|(expected, actual)| expected == actual).count();
    Err(Breach::new(
        format!("record {nth} {whose} is not the one that was sent"),
        format!("{} records; record {nth}: {}", expected.len(), nth_of(expected, nth, "there is none")),
        format!("{} records; record {nth}: {}", actual.len(), nth_of(actual, nth, "there is none")),
    ))
}

fn exact(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let sent: Vec<Vec<u8>> = taken(seen).map(|sent| sent.record.clone()).collect();
    if seen.setup.under != Under::Receiver {
        if let Some((expected, actual)) = &seen.wire.fault {
            let happened = "what the sender put on the wire is not a stream of the format";
            return Err(Breach::new(happened, expected.clone(), actual.clone()));
        }
        if let Some(stuck) = seen.sent.iter().find(|sent| !matches!(sent.outcome, Some(Ok(())))) {
            return Err(Breach::new(
                "a record that fits into a frame was not taken",
                "Ok(()), as soon as there is room",
                outcome(stuck.outcome.as_ref(), stuck.ended.at_ms - stuck.began.at_ms),
            ));
        }
        let wire: Vec<Vec<u8>> = seen.wire.records().map(|(_, record)| record.clone()).collect();
        same(&sent, &wire, "on the wire")?;
        if !sent.is_empty() {
            counts.count(ALL_SENT);
        }
    }
    if seen.setup.under != Under::Sender {
        let records = received(seen);
        same(&sent, &records, "that the receiver returned")?;
        let ends: Vec<&Got> = seen.got.iter().skip(records.len()).collect();
        if ends.iter().any(|got| got.outcome != Some(Ok(None))) {
            let actual = ends.iter().map(|got| told(got)).collect::<Vec<_>>().join("; ");
            return Err(Breach::new("after the end frame came something else than None", "None, every time", actual));
        }
    }
    Ok(())
}

fn received(seen: &Seen) -> Vec<Vec<u8>> {
    let records = seen.got.iter().filter_map(|got| match &got.outcome {
        Some(Ok(Some(record))) => Some(record.clone()),
        _ => None,
    });
    records.collect()
}

fn outcome<T: std::fmt::Debug>(outcome: Option<&T>, after_ms: u64) -> String {
    match outcome {
        Some(outcome) => format!("{outcome:?} after {after_ms} ms"),
        None => format!("nothing after {after_ms} ms"),
    }
}

fn told(got: &Got) -> String {
    match &got.outcome {
        Some(Ok(Some(record))) => format!("a record of {}", start_of(record)),
        Some(Ok(None)) => "None".to_owned(),
        Some(Err(error)) => format!("{error:?}"),
        None => format!("nothing after {PATIENCE_MS} ms"),
    }
}

/// The number of the write that carries this byte.
fn write_of(seen: &Seen, byte: usize) -> Option<usize> {
    seen.writes.iter().position(|write| (write.from..write.to).contains(&byte))
}

/// When the write that carries the last byte of this frame returned.
fn written(seen: &Seen, frame: &peer::Frame) -> Option<Moment> {
    seen.writes[write_of(seen, frame.to - 1)?].ended
}

fn near_ideal(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let records: Vec<Vec<u8>> = seen.wire.records().map(|(_, record)| record.clone()).collect();
    let Some(last) = seen.wire.frames.last() else { return Ok(()) };
    counts.count(ALL_SENT);
    let ideal_bytes = peer::ideal_bytes(&records, seen.setup.policy.frame_bytes);
    let ideal_ms = ideal_bytes as u64 / seen.setup.bytes_per_ms;
    let allowed_ms = 2 * ideal_ms + seen.setup.policy.linger_ms + 10;
    let took_ms = written(seen, last).map_or(PATIENCE_MS, |moment| moment.at_ms);
    if took_ms > allowed_ms {
        let raw_bytes: usize = records.iter().map(Vec::len).sum();
        let frames = seen.wire.frames.len();
        return Err(Breach::new(
            format!(
                "{raw_bytes} bytes of telemetry took {took_ms} ms at {} bytes a millisecond",
                seen.setup.bytes_per_ms
            ),
            format!("at most {allowed_ms} ms; the ideal is {ideal_bytes} bytes on the wire in {ideal_ms} ms"),
            format!("{took_ms} ms, with {} bytes on the wire in {frames} frames", seen.wire_bytes),
        ));
    }
    Ok(())
}

fn costs_little(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let contents: usize = seen.wire.frames.iter().map(|frame| frame.content_bytes).sum();
    if !seen.wire.frames.is_empty() {
        counts.count(ALL_SENT);
    }
    for (number, frame) in seen.wire.frames.iter().enumerate() {
        if frame.body_bytes() > frame.content_bytes {
            return Err(Breach::new(
                format!("frame {number} is longer deflated than it was before"),
                format!("its content of {} bytes, stored", frame.content_bytes),
                format!("a body of {} bytes, of kind {}", frame.body_bytes(), frame.kind),
            ));
        }
    }
    let allowed = contents + contents / 50 + 100;
    if seen.wire_bytes > allowed {
        return Err(Breach::new(
            format!(
                "{contents} bytes of content that deflating can't shrink took {} bytes on the wire",
                seen.wire_bytes
            ),
            format!("at most {allowed} bytes: 2 % and 100 bytes more than the contents"),
            format!(
                "{} bytes in {} frames, with {HEADER_BYTES} bytes of header each",
                seen.wire_bytes,
                seen.wire.frames.len()
            ),
        ));
    }
    Ok(())
}

fn together(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(Finish { began_ms, .. }) = seen.finish else { return Ok(()) };
    if seen.wire.frames.iter().any(|frame| frame.records.len() > 1) {
        counts.count(SHARED);
    }
    let policy = seen.setup.policy;
    let content: usize = seen.wire.frames.iter().map(|frame| frame.content_bytes).sum();
    let t_ms = began_ms - seen.sent.first().map_or(began_ms, |sent| sent.began.at_ms);
    let allowed = 2 + t_ms / policy.linger_ms + 2 * content as u64 / policy.frame_bytes as u64;
    let frames = seen.wire.frames.len() as u64;
    if frames > allowed {
        return Err(Breach::new(
            format!("{} small records in {t_ms} ms went out in {frames} frames", seen.sent.len()),
            format!(
                "at most {allowed} frames: 2 + {t_ms} / {} + 2 * {content} / {}",
                policy.linger_ms, policy.frame_bytes
            ),
            format!("{frames} frames, {} bytes on the wire", seen.wire_bytes),
        ));
    }
    Ok(())
}

fn not_held_back(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let linger_ms = seen.setup.policy.linger_ms;
    for (nth, ((frame, _), sent)) in seen.wire.records().zip(taken(seen)).enumerate() {
        let Some(write) = write_of(seen, frame.from) else { continue };
        let began_ms = seen.writes[write].began_ms;
        let free_ms = seen.writes[..write].last().and_then(|before| before.ended).map_or(0, |ended| ended.at_ms);
        counts.count(ALONE);
        let taken_ms = sent.ended.at_ms;
        let latest_ms = (taken_ms + linger_ms).max(free_ms) + GRAIN_MS;
        if began_ms > latest_ms {
            return Err(Breach::new(
                format!("record {nth}, taken at {taken_ms} ms, was held back until {began_ms} ms"),
                format!(
                    "its frame is written {linger_ms} ms later, at {} ms, for the link is free",
                    taken_ms + linger_ms
                ),
                format!("its write began {} ms after `send` had taken it", began_ms - taken_ms),
            ));
        }
    }
    Ok(())
}

/// What the sender holds, as the sizes of records that were taken and are not on the wire, from event to event.
struct Held<'a> {
    /// When each frame was on the wire, and how many bytes and records are in it.
    frees: Vec<(Moment, usize, usize)>,
    next: usize,
    bytes: usize,
    records: usize,
    taken: std::iter::Peekable<Box<dyn Iterator<Item = &'a super::world::Sent> + 'a>>,
}

impl<'a> Held<'a> {
    fn new(seen: &'a Seen) -> Self {
        let freed = |frame: &peer::Frame| {
            let moment = written(seen, frame)?;
            Some((moment, frame.records.iter().map(Vec::len).sum(), frame.records.len()))
        };
        let taken: Box<dyn Iterator<Item = &super::world::Sent>> = Box::new(taken(seen));
        let frees = seen.wire.frames.iter().filter_map(freed).collect();
        Held { frees, next: 0, bytes: 0, records: 0, taken: taken.peekable() }
    }

    /// Moves on to that moment. They are asked for in order.
    fn at(&mut self, moment: Moment) -> &Self {
        while let Some(sent) = self.taken.next_if(|sent| sent.ended.nth <= moment.nth) {
            self.bytes += sent.record.len();
            self.records += 1;
        }
        while let Some((_, bytes, records)) = self.frees.get(self.next).filter(|(freed, ..)| freed.nth < moment.nth) {
            self.bytes -= self.bytes.min(*bytes);
            self.records -= self.records.min(*records);
            self.next += 1;
        }
        self
    }
}

fn within_window(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let window_bytes = seen.setup.policy.window_bytes;
    let mut held = Held::new(seen);
    for (nth, sent) in taken(seen).enumerate() {
        if sent.ended.at_ms > sent.began.at_ms {
            counts.count(WINDOW_FULL);
        }
        let held_bytes = held.at(sent.ended).bytes;
        if held_bytes > window_bytes {
            return Err(Breach::new(
                format!("at {} ms the sender took record {nth} and then held {held_bytes} bytes", sent.ended.at_ms),
                format!("at most {window_bytes} bytes of records: `send` waits until some are on the wire"),
                format!("{held_bytes} bytes of records taken and not yet on the wire"),
            ));
        }
    }
    Ok(())
}

fn taken_at_once(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let frame_bytes = seen.setup.policy.frame_bytes;
    let mut held = Held::new(seen);
    for (nth, sent) in seen.sent.iter().enumerate() {
        let before = held.at(sent.began);
        let together = before.bytes + sent.record.len() + (before.records + 1) * LENGTH_BYTES;
        if together > frame_bytes {
            continue;
        }
        if !seen.wire.frames.is_empty() {
            counts.count(ROOM_LEFT);
        }
        let waited_ms = sent.ended.at_ms - sent.began.at_ms;
        if waited_ms > GRAIN_MS || sent.outcome.is_none() {
            return Err(Breach::new(
                format!("`send` of record {nth} waited although there was room for it"),
                format!("it returns at once: with all that is held it makes {together} of {frame_bytes} bytes"),
                outcome(sent.outcome.as_ref(), waited_ms),
            ));
        }
    }
    Ok(())
}

fn finish_waits(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(finish) = &seen.finish else { return Ok(()) };
    let end = seen.wire.ended_at.unwrap_or(usize::MAX);
    if finish.wire_before < seen.wire_bytes {
        counts.count(LEFT_TO_WRITE);
    }
    let on_the_wire: usize = seen
        .writes
        .iter()
        .filter(|write| write.ended.is_some_and(|ended| ended.nth <= finish.ended.nth))
        .map(|write| write.to)
        .max()
        .unwrap_or(0);
    if finish.outcome != Some(Ok(())) || on_the_wire < end {
        let missing = seen.wire_bytes.saturating_sub(on_the_wire);
        let actual = if seen.wire.ended_at.is_some() {
            format!("{missing} bytes of the stream were not on the wire when it returned")
        } else {
            format!("{on_the_wire} bytes on the wire, and never an end frame")
        };
        return Err(Breach::new(
            format!(
                "finish returned {} before the end",
                outcome(finish.outcome.as_ref(), finish.ended.at_ms - finish.began_ms)
            ),
            "Ok(()), once the end frame and everything before it is on the wire",
            actual,
        ));
    }
    Ok(())
}

fn reported(seen: &Seen, _: &mut Evidence) -> Verdict {
    if let Some((nth, sent)) = seen.sent.iter().enumerate().find(|(_, sent)| sent.outcome.is_none()) {
        return Err(Breach::new(
            format!("send of record {nth} was still waiting {PATIENCE_MS} ms after it began, on a link that is broken"),
            "Err(Broken): what waits for room must learn that there will be none",
            format!("nothing since {} ms", sent.began.at_ms),
        ));
    }
    let Some(finish) = &seen.finish else { return Ok(()) };
    let broke = seen.writes.iter().any(|write| write.ended.is_none());
    if broke && finish.outcome != Some(Err(SendError::Broken)) {
        return Err(Breach::new(
            "the link broke, and finish did not say so",
            "Err(Broken)",
            outcome(finish.outcome.as_ref(), finish.ended.at_ms - finish.began_ms),
        ));
    }
    Ok(())
}

fn refused(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let limit = seen.setup.policy.frame_bytes - LENGTH_BYTES;
    for (nth, sent) in seen.sent.iter().enumerate() {
        let bytes = sent.record.len();
        let expected = if bytes > limit { Err(SendError::TooLarge) } else { Ok(()) };
        if sent.outcome.as_ref() != Some(&expected) {
            return Err(Breach::new(
                format!("a record of {bytes} bytes met frames of {} bytes", seen.setup.policy.frame_bytes),
                format!("{expected:?}, for a record may have {limit} bytes"),
                outcome(sent.outcome.as_ref(), sent.ended.at_ms - sent.began.at_ms),
            ));
        }
        if expected.is_err() && seen.wire.records().any(|(_, record)| *record == sent.record) {
            return Err(Breach::new(
                format!("record {nth}, of {bytes} bytes, was refused and is on the wire all the same"),
                "a record that was refused leaves no trace",
                format!("{} records on the wire, and it is one of them", seen.wire.records().count()),
            ));
        }
        counts.count(if expected.is_ok() { GOOD_RECORD } else { REFUSED });
    }
    Ok(())
}

fn reads_no_further(seen: &Seen, _: &mut Evidence) -> Verdict {
    let allowed = 4 * seen.setup.policy.frame_bytes;
    let ends = seen.wire.records().map(|(frame, _)| frame.to);
    for (nth, (got, end)) in seen.got.iter().zip(std::iter::once(0).chain(ends)).enumerate() {
        let ahead = got.taken_before.saturating_sub(end);
        if ahead > allowed {
            return Err(Breach::new(
                format!("the receiver had taken {ahead} bytes beyond the frame of the last record it was asked for"),
                format!("at most {allowed} bytes; the rest waits in the link, and its writer with it"),
                format!("{} bytes taken off the link when record {nth} was asked for", got.taken_before),
            ));
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

fn ends_in_an_error(seen: &Seen, counts: &mut Evidence) -> Verdict {
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
        seen.got.iter().map(told).collect::<Vec<_>>().join("; "),
    ))
}

fn no_memory(seen: &Seen, counts: &mut Evidence) -> Verdict {
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
