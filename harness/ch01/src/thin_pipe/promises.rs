//! What is promised, and how each promise is judged from what was seen.
//!
//! A stream that is not as the format asks, or lacks records, breaks the first promise. The others look at what there is
//! of it, so that each fails for its own reason.

use explore::{Breach, Evidence};
use harness::exercise::{Judge, Promise};

use super::receiving::{ends_in_an_error, no_memory, reads_no_further};
use super::schedules;
use super::sending::*;
use super::world::{Got, PATIENCE_MS, Pipe, Seen, Sent, Under, evidence};

pub const ALL_SENT: &str = "all records of a stream are on the wire";

pub type Verdict = Result<(), Breach>;

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
pub fn taken(seen: &Seen) -> impl Iterator<Item = &Sent> {
    seen.sent.iter().filter(|sent| sent.outcome == Some(Ok(())))
}

pub fn start_of(record: &[u8]) -> String {
    let start: String = record.iter().take(24).map(|byte| byte.escape_ascii().to_string()).collect();
    format!("{} bytes, \"{start}{}\"", record.len(), if record.len() > 24 { "…" } else { "" })
}

pub fn nth_of(records: &[Vec<u8>], nth: usize, end: &str) -> String {
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
                outcome(stuck.outcome.as_ref(), stuck.lasted_ms()),
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
        same(&sent, &records, "that the receiver returned").map_err(|breach| {
            let ended = seen.got.iter().find(|got| !matches!(got.outcome, Some(Ok(Some(_)))));
            let ended = ended.map_or(String::new(), |got| format!(", and then {}", told(got)));
            Breach { actual: breach.actual + &ended, focus: seen.got.last().map(|got| got.event), ..breach }
        })?;
        let ends: Vec<&Got> = seen.got.iter().skip(records.len()).collect();
        if ends.iter().any(|got| got.outcome != Some(Ok(None))) {
            let actual = ends.iter().map(|got| told(got)).collect::<Vec<_>>().join("; ");
            return Err(Breach::new("after the end frame came something else than None", "None, every time", actual));
        }
    }
    Ok(())
}

pub fn received(seen: &Seen) -> Vec<Vec<u8>> {
    let records = seen.got.iter().filter_map(|got| match &got.outcome {
        Some(Ok(Some(record))) => Some(record.clone()),
        _ => None,
    });
    records.collect()
}

pub fn outcome<T: std::fmt::Debug>(outcome: Option<&T>, after_ms: u64) -> String {
    match outcome {
        Some(outcome) => format!("{outcome:?} after {after_ms} ms"),
        None => format!("nothing after {after_ms} ms"),
    }
}

pub fn told(got: &Got) -> String {
    match &got.outcome {
        Some(Ok(Some(record))) => format!("a record of {}", start_of(record)),
        Some(Ok(None)) => "None".to_owned(),
        Some(Err(error)) => format!("{error:?}"),
        None => format!("nothing after {PATIENCE_MS} ms"),
    }
}
