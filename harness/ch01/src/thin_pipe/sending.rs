//! What is promised of the sender, judged from what it put on the wire and when.

use explore::{Breach, Evidence};

use super::contract::{HEADER_BYTES, LENGTH_BYTES, SendError};
use super::link::Moment;
use super::peer;
use super::promises::{ALL_SENT, Verdict, outcome, taken};
use super::world::{Finish, PATIENCE_MS, Seen, Sent};

/// tokio rounds every wait up to whole milliseconds.
const GRAIN_MS: u64 = 1;

pub const SHARED: &str = "small records share a frame";
pub const ALONE: &str = "a record comes when no other is waiting";
pub const WINDOW_FULL: &str = "a sender makes its caller wait";
pub const ROOM_LEFT: &str = "a record that found room gets onto the wire";
pub const LEFT_TO_WRITE: &str = "finish has something left to write";
pub const REFUSED: &str = "a record is too large";
pub const GOOD_RECORD: &str = "a record that fits is sent";

/// The number of the write that carries this byte.
fn write_of(seen: &Seen, byte: usize) -> Option<usize> {
    seen.writes.iter().position(|write| (write.from..write.to).contains(&byte))
}

/// When the write that carries the last byte of this frame returned.
fn written(seen: &Seen, frame: &peer::Frame) -> Option<Moment> {
    seen.writes[write_of(seen, frame.to - 1)?].ended
}

pub fn near_ideal(seen: &Seen, counts: &mut Evidence) -> Verdict {
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

pub fn costs_little(seen: &Seen, counts: &mut Evidence) -> Verdict {
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

pub fn together(seen: &Seen, counts: &mut Evidence) -> Verdict {
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

pub fn not_held_back(seen: &Seen, counts: &mut Evidence) -> Verdict {
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
                    "its write begins at {} ms at the latest: {linger_ms} ms later, or when the writes before it are done",
                    latest_ms - GRAIN_MS
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
    taken: std::iter::Peekable<Box<dyn Iterator<Item = &'a Sent> + 'a>>,
}

impl<'a> Held<'a> {
    fn new(seen: &'a Seen) -> Self {
        let freed = |frame: &peer::Frame| {
            let moment = written(seen, frame)?;
            Some((moment, frame.records.iter().map(Vec::len).sum(), frame.records.len()))
        };
        let taken: Box<dyn Iterator<Item = &Sent>> = Box::new(taken(seen));
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

pub fn within_window(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let window_bytes = seen.setup.policy.window_bytes;
    let mut held = Held::new(seen);
    for (nth, sent) in taken(seen).enumerate() {
        if sent.ended.at_ms > sent.began.at_ms {
            counts.count(WINDOW_FULL);
        }
        let held_bytes = held.at(sent.ended).bytes;
        if held_bytes > window_bytes {
            let breach = Breach::new(
                format!("at {} ms the sender took record {nth} and then held {held_bytes} bytes", sent.ended.at_ms),
                format!("at most {window_bytes} bytes of records: `send` waits until some are on the wire"),
                format!("{held_bytes} bytes of records taken and not yet on the wire"),
            );
            return Err(Breach { focus: sent.event, ..breach });
        }
    }
    Ok(())
}

pub fn taken_at_once(seen: &Seen, counts: &mut Evidence) -> Verdict {
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
        let waited_ms = sent.lasted_ms();
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

pub fn finish_waits(seen: &Seen, counts: &mut Evidence) -> Verdict {
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
            format!("finish ended before the stream did: {}", outcome(finish.outcome.as_ref(), finish.lasted_ms())),
            "Ok(()), once the end frame and everything before it are on the wire",
            actual,
        ));
    }
    Ok(())
}

pub fn reported(seen: &Seen, _: &mut Evidence) -> Verdict {
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
            outcome(finish.outcome.as_ref(), finish.lasted_ms()),
        ));
    }
    Ok(())
}

pub fn refused(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let limit = seen.setup.policy.frame_bytes - LENGTH_BYTES;
    for (nth, sent) in seen.sent.iter().enumerate() {
        let bytes = sent.record.len();
        let expected = if bytes > limit { Err(SendError::TooLarge) } else { Ok(()) };
        if sent.outcome.as_ref() != Some(&expected) {
            return Err(Breach::new(
                format!("a record of {bytes} bytes met frames of {} bytes", seen.setup.policy.frame_bytes),
                format!("{expected:?}, for a record may have {limit} bytes"),
                outcome(sent.outcome.as_ref(), sent.lasted_ms()),
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
