//! What is promised of frames and streams, and how each promise is judged.
//!
//! What a payload means is another promise's business: a reading that comes out of a stream is compared with what the same
//! code decodes from the payload.

use explore::{Breach, Evidence};
use harness::exercise::{Check, Law};
use harness::hex;

use super::contract::{FrameError, MAX_PAYLOAD_BYTES, SLACK_BYTES};
use super::end::{End, Next, broken_by};
use super::promises::Verdict;
use super::show::Value;
use super::streams::{self, Stream};
use super::{Hold, Make};
use super::{craft, peer, values};

const FRAMED: &str = "a reading that is not empty is framed";
const RECEIVED: &str = "a reading comes out of a stream";
const BAD: &str = "a bad frame is noticed by code that takes good ones";
const CLEAN: &str = "a stream ends between two frames";

/// The promises about frames.
pub fn all(make: Make, hold: Hold) -> Vec<Check> {
    let stream = |name, draw, judge, needs| Check::law(make, Law { name, cases: 30, needs, draw, judge });
    let framed = Law {
        name: "frames_have_length_payload_and_checksum",
        cases: 20,
        needs: &[FRAMED],
        draw: values::ordinary_value,
        judge: is_framed,
    };
    let bounded = Law {
        name: "a_receiver_holds_little_more_than_one_frame",
        cases: 3,
        needs: &[RECEIVED],
        draw: streams::long,
        judge: holds_little,
    };
    vec![
        Check::law(make, framed),
        stream("bytes_may_arrive_one_by_one", streams::calm, arrives, &[RECEIVED]),
        stream("a_bad_checksum_is_an_error", streams::damaged, notices_damage, &[BAD]),
        stream("nothing_comes_out_after_a_broken_frame", streams::broken, stays_broken, &[BAD]),
        stream("a_payload_that_is_no_reading_costs_only_itself", streams::unreadable, goes_on, &[BAD, RECEIVED]),
        stream("a_length_beyond_the_limit_is_refused_at_once", streams::too_long, refuses_length, &[BAD]),
        stream("a_cut_stream_is_not_a_clean_end", streams::cut, notices_the_end, &[BAD, CLEAN]),
        Check::law(hold, bounded),
    ]
}

fn is_framed(make: &Make, Value(reading): &Value, evidence: &mut Evidence) -> Verdict {
    let codec = make();
    let payload = codec.encode(reading);
    let (frame, expected) = (codec.frame(reading), craft::frame(&payload));
    if let Some(differs) = hex::first_difference(&frame, &expected) {
        return Err(Breach::new(
            format!("the frame is not the one of the contract, from offset {differs} on"),
            format!("length, {} bytes of payload, checksum:\n{}", payload.len(), hex::dump(&expected, Some(differs))),
            hex::dump(&frame, Some(differs)),
        ));
    }
    if !payload.is_empty() {
        evidence.count(FRAMED);
    }
    Ok(())
}

fn same(left: &Next, right: &Next) -> bool {
    match (left, right) {
        (Ok(left), Ok(right)) => peer::same(left, right),
        (Err(left), Err(right)) => left == right,
        _ => false,
    }
}

fn told(next: Option<&Next>) -> String {
    match next {
        None => "nothing".to_owned(),
        Some(Ok(reading)) => reading.to_string(),
        Some(Err(error)) => format!("the error {error}"),
    }
}

/// What the frames of a stream have to give, each when `at` bytes have arrived.
fn expected(codec: &dyn End, stream: &Stream) -> Vec<(Next, usize)> {
    let next = |payload: &[u8]| codec.decode(payload).map_err(FrameError::Payload);
    stream.whole.iter().map(|(payload, end)| (next(payload), *end)).collect()
}

/// Lets a stream arrive until it breaks. Says what came out, and the first thing that came too late, too early or wrong.
fn receive(make: &Make, stream: &Stream) -> (Box<dyn End>, Vec<Next>, Verdict) {
    let mut codec = make();
    let expected = expected(&*codec, stream);
    let pieces: Vec<&[u8]> = stream.arrivals().collect();
    let (mut out, mut arrived, mut verdict) = (Vec::new(), 0, Ok(()));
    for (piece, next) in pieces.iter().zip(codec.receive(&pieces, expected.len())) {
        arrived += piece.len();
        out.extend(next);
        if verdict.is_ok() {
            verdict = compare(&out, &expected, arrived);
        }
    }
    (codec, out, verdict)
}

fn compare(out: &[Next], expected: &[(Next, usize)], arrived: usize) -> Verdict {
    let due: Vec<&Next> = expected.iter().filter(|(_, end)| *end <= arrived).map(|(next, _)| next).collect();
    let count = due.len().max(out.len());
    for nth in 0..count {
        let (is, should) = (out.get(nth), due.get(nth).copied());
        if !matches!((is, should), (Some(is), Some(should)) if same(is, should)) {
            return Err(Breach::new(
                format!("with {arrived} of the bytes there, {} came out in place {}", told(is), nth + 1),
                told(should),
                told(is),
            ));
        }
    }
    Ok(())
}

fn arrives(make: &Make, stream: &Stream, evidence: &mut Evidence) -> Verdict {
    let (_, out, verdict) = receive(make, stream);
    verdict?;
    if out.iter().any(|next| next.as_ref().is_ok_and(|reading| !peer::encode(reading).is_empty())) {
        evidence.count(RECEIVED);
    }
    Ok(())
}

/// A payload that is easy to read.
const GOOD: [u8; 2] = [0x08, 0x01];

/// Whether the code takes any frame at all: who refuses everything has kept no promise about bad ones.
fn takes(make: &Make) -> bool {
    let mut codec = make();
    codec.push(&craft::frame(&GOOD));
    matches!(codec.next(), Ok(Some(_)))
}

fn notices_damage(make: &Make, stream: &Stream, evidence: &mut Evidence) -> Verdict {
    notices(make, stream, FrameError::BadChecksum, evidence)
}

fn refuses_length(make: &Make, stream: &Stream, evidence: &mut Evidence) -> Verdict {
    notices(make, stream, FrameError::BadLength, evidence)
}

/// What was whole before comes out, and then the error.
fn notices(make: &Make, stream: &Stream, error: FrameError, evidence: &mut Evidence) -> Verdict {
    let (_, out, _) = receive(make, stream);
    let next = out.get(stream.whole.len());
    if next != Some(&Err(error)) {
        let before = stream.whole.len();
        return Err(Breach::new(
            format!("{} came out of the bad frame, after {before} good ones", told(next)),
            format!("the error {error}"),
            told(next),
        ));
    }
    if takes(make) {
        evidence.count(BAD);
    }
    Ok(())
}

fn stays_broken(make: &Make, stream: &Stream, evidence: &mut Evidence) -> Verdict {
    let (mut codec, out, _) = receive(make, stream);
    let Some(error) = broken_by(&out) else { return Ok(()) };
    if takes(make) {
        evidence.count(BAD);
    }
    codec.push(&craft::frame(&GOOD));
    for _ in 0..3 {
        let next = codec.next();
        if next != Err(error) {
            let next = next.map(|reading| reading.map_or("nothing".to_owned(), |reading| reading.to_string()));
            let actual = next.unwrap_or_else(|error| format!("the error {error}"));
            return Err(Breach::new(
                format!("after the error {error}, the connection gave {actual}"),
                format!("the error {error} again, for nobody knows any more where a frame begins"),
                actual,
            ));
        }
    }
    Ok(())
}

fn goes_on(make: &Make, stream: &Stream, evidence: &mut Evidence) -> Verdict {
    let (_, out, verdict) = receive(make, stream);
    verdict?;
    for next in &out {
        evidence.count(if next.is_ok() { RECEIVED } else { BAD });
    }
    Ok(())
}

fn notices_the_end(make: &Make, stream: &Stream, evidence: &mut Evidence) -> Verdict {
    let (codec, out, _) = receive(make, stream);
    if broken_by(&out).is_some() {
        return Ok(());
    }
    let end = codec.finish();
    if end != Err(FrameError::Unfinished) {
        return Err(Breach::new(
            "the connection ended in the middle of a frame, and that was taken for a clean end",
            format!("{:?}", Err::<(), _>(FrameError::Unfinished)),
            format!("{end:?}"),
        ));
    }
    evidence.count(BAD);
    let begun = stream.whole.last().map_or(0, |(_, end)| *end);
    let (codec, _, _) = receive(make, &Stream { bytes: stream.bytes[..begun].to_vec(), ..stream.clone() });
    let end = codec.finish();
    if end != Ok(()) {
        return Err(Breach::new(
            format!("the connection ended after {begun} bytes, between two frames, and that was an error"),
            "Ok(())",
            format!("{end:?}"),
        ));
    }
    evidence.count(CLEAN);
    Ok(())
}

/// What a receiver may hold between two arrivals, in bytes.
const HELD_BYTES: usize = MAX_PAYLOAD_BYTES + SLACK_BYTES;

fn holds_little(hold: &Hold, stream: &Stream, evidence: &mut Evidence) -> Verdict {
    let pieces: Vec<&[u8]> = stream.arrivals().collect();
    let frames = stream.whole.len();
    let (mut arrived, mut received) = (0, 0);
    for (piece, held) in pieces.iter().zip(hold(&pieces, frames, HELD_BYTES)) {
        arrived += piece.len();
        received = held.received;
        if received > frames {
            // The same frame again and again: not for this promise to tell.
            return Ok(());
        }
        if held.held_bytes > HELD_BYTES {
            let held_kib = held.held_bytes.div_ceil(1024);
            return Err(Breach::new(
                format!("after {arrived} bytes of a stream, and nothing left to hand out, {held_kib} KiB were held"),
                format!("at most {} KiB, that is {HELD_BYTES} bytes", HELD_BYTES / 1024),
                format!("{held_kib} KiB"),
            ));
        }
    }
    if received == frames {
        evidence.count(RECEIVED);
    }
    Ok(())
}
