//! What is promised, and how each promise is judged from what was seen.

use explore::{Breach, Evidence};
use harness::exercise::{Draw, Judge, Promise};

use super::contract::ChannelError;
use super::schedules;
use super::script::SECRET;
use super::words::{ended, listed, opened, outcome, received, shown};
use super::world::{Between, Entry, Place, Pose, Seen, Side, SideSeen, Tamper, evidence};

/// tokio rounds every wait up to whole milliseconds.
const GRAIN_MS: u64 = 1;

const REFUSED: &str = "an end that is not what it should be is refused";
const HANDSHAKE_FAILED: &str = "a handshake fails";
const KEPT_WAITING: &str = "a handshake gets nowhere";
const TRUNCATED: &str = "a stream is cut after the handshake";
const BROKEN: &str = "something that was changed reaches an end with a session";
const REPLAYED: &str = "a recording is played to a new end";
const LATE: &str = "a message is sent to an end that has closed its own direction";
const TOO_LONG: &str = "a message is too long";
const TOLD: &str = "an end refuses the other";
const TOGETHER: &str = "messages of several tasks arrive";

type Verdict = Result<(), Breach>;
type Plan = explore::Plan<super::world::Setup, Entry>;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Between>> {
    use evidence::{CUT, DELIVERED, FLIPPED, GIVEN_UP, OPENED, REPEATED};
    let promise = |name, schedules, draw: fn(&mut Draw) -> Plan, judge: Judge<Seen>, needs| Promise {
        name,
        schedules,
        needs,
        draw,
        judge,
    };
    vec![
        promise("messages_arrive_whole_and_in_order", 12, schedules::sizes, arrive_whole, &[DELIVERED]),
        promise("neither_direction_waits_for_the_other", 6, schedules::both_ways, both_ways, &[DELIVERED]),
        promise("messages_of_several_tasks_do_not_mix", 6, schedules::crowds, do_not_mix, &[TOGETHER]),
        promise("a_dropped_receive_loses_nothing", 6, schedules::impatience, arrive_whole, &[GIVEN_UP, DELIVERED]),
        promise("a_clean_close_ends_one_direction", 6, schedules::closes, clean_close, &[LATE]),
        promise("a_cut_stream_is_not_a_clean_end", 12, schedules::cuts, truncation, &[CUT, TRUNCATED]),
        promise("nothing_readable_is_on_the_wire", 6, schedules::secrets, unreadable, &[DELIVERED, CUT]),
        promise("a_server_of_another_authority_is_refused", 6, schedules::strange_servers, refusal, &[REFUSED, OPENED]),
        promise("a_server_of_another_name_is_refused", 6, schedules::other_names, refusal, &[REFUSED, OPENED]),
        promise("an_expired_certificate_is_refused", 6, schedules::expired, refusal, &[REFUSED, OPENED]),
        promise(
            "a_client_without_a_certificate_is_refused",
            6,
            schedules::nameless_clients,
            refusal,
            &[REFUSED, OPENED],
        ),
        promise("a_client_of_another_authority_is_refused", 6, schedules::strange_clients, refusal, &[REFUSED, OPENED]),
        promise("older_protocol_versions_are_refused", 6, schedules::old_versions, refusal, &[REFUSED, OPENED]),
        promise(
            "a_failed_handshake_never_falls_back_to_plain_text",
            12,
            schedules::failing_handshakes,
            no_fallback,
            &[HANDSHAKE_FAILED, OPENED],
        ),
        promise("a_handshake_ends_in_time", 6, schedules::slow_handshakes, in_time, &[KEPT_WAITING, OPENED]),
        promise("a_flipped_bit_ends_the_session", 12, schedules::flips, tampering_ends_it, &[FLIPPED, BROKEN]),
        promise("recorded_traffic_is_refused", 12, schedules::repeats, no_replay, &[REPEATED, REPLAYED, BROKEN]),
        promise("a_message_beyond_the_limit_is_refused", 6, schedules::long_messages, limit_holds, &[TOO_LONG, OPENED]),
        promise("an_end_that_gives_up_says_so", 6, schedules::refusals, says_so, &[TOLD, OPENED]),
    ]
}

/// What an end sent that could be received, in order.
fn sent(seen: &Seen, from: Side) -> Vec<&[u8]> {
    let max_bytes = seen.setup.limits.max_message_bytes;
    seen.at(from).said.iter().map(|said| said.message.as_slice()).filter(|said| said.len() <= max_bytes).collect()
}

/// Counts the sessions in which nobody is refused.
fn count_opened(seen: &Seen, counts: &mut Evidence) {
    if seen.ours().any(|side| seen.pose(side.other()).is_none() && seen.at(side).is_open()) {
        counts.count(evidence::OPENED);
    }
}

/// The handshake between two ends that are all right. Breaks whatever promise rests on it.
fn handshake_works(seen: &Seen) -> Verdict {
    for side in seen.ours() {
        let it = seen.at(side);
        if !it.is_open() {
            return Err(shown(
                Breach::new(
                    format!("the {side} could not open a channel to an honest {}", side.other()),
                    "`open` returns Ok(())",
                    opened(it),
                ),
                it.open_event,
            ));
        }
    }
    Ok(())
}

fn arrive_whole(seen: &Seen, _: &mut Evidence) -> Verdict {
    handshake_works(seen)?;
    for from in Side::ALL {
        let wanted = sent(seen, from);
        let heard = &seen.at(from.other()).heard;
        if *heard != wanted {
            let same = heard.iter().zip(&wanted).take_while(|(heard, wanted)| heard == *wanted).count();
            let what = if same == heard.len() {
                format!("the {} received {same} of the {from}'s {} messages", from.other(), wanted.len())
            } else {
                format!("message {} of the {from} is not what the {} received", same + 1, from.other())
            };
            return Err(shown(
                Breach::new(what, listed(&wanted), received(seen.at(from.other()))),
                seen.at(from.other()).end_event,
            ));
        }
    }
    Ok(())
}

fn both_ways(seen: &Seen, _: &mut Evidence) -> Verdict {
    handshake_works(seen)?;
    for side in seen.ours() {
        for (nth, said) in seen.at(side).said.iter().enumerate() {
            if said.result != Some(Ok(())) || said.took_ms > GRAIN_MS {
                return Err(Breach::new(
                    format!("`send` of the {side}'s message {} took {} ms", nth + 1, said.took_ms),
                    "it returns at once, although a `receive` is waiting",
                    outcome(&said.result, "Ok(()), in the end"),
                ));
            }
        }
    }
    Ok(())
}

fn do_not_mix(seen: &Seen, counts: &mut Evidence) -> Verdict {
    handshake_works(seen)?;
    for from in seen.ours() {
        let mut wanted = sent(seen, from);
        let mut heard: Vec<&[u8]> = seen.at(from.other()).heard.iter().map(Vec::as_slice).collect();
        wanted.sort_unstable();
        heard.sort_unstable();
        if heard != wanted {
            return Err(shown(
                Breach::new(
                    format!("{} tasks of the {from} sent a message each, and {} arrived", wanted.len(), heard.len()),
                    format!("in any order: {}", listed(&wanted)),
                    format!("{}; then {}", listed(&heard), ended(seen.at(from.other()))),
                ),
                seen.at(from.other()).end_event,
            ));
        }
        if wanted.len() > 1 {
            counts.count(TOGETHER);
        }
    }
    Ok(())
}

fn clean_close(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for side in Side::ALL {
        let it = seen.at(side);
        if !it.is_open() {
            return Ok(());
        }
        if it.end != Some(Ok(())) {
            return Err(shown(
                Breach::new(
                    format!("the {} closed the channel, and the {side} did not see a clean end", side.other()),
                    "`receive` returns None after the last message",
                    ended(it),
                ),
                it.end_event,
            ));
        }
    }
    let closer = seen.setup.closer;
    let late = sent(seen, closer.other());
    let closed_ms = seen.at(closer).close_ms;
    let heard = &seen.at(closer).heard;
    if heard.len() < late.len() {
        return Err(shown(
            Breach::new(
                format!("the {closer} closed its direction at {closed_ms} ms, and lost what the other end still sent"),
                listed(&late),
                listed(heard),
            ),
            seen.at(closer).end_event,
        ));
    }
    if seen.at(closer.other()).said.iter().any(|said| said.at_ms > closed_ms) {
        counts.count(LATE);
    }
    Ok(())
}

/// The end that gets what `from` sends, if that is under test and something was done to it.
fn victims(seen: &Seen) -> impl Iterator<Item = (Side, &SideSeen)> {
    let hit = |side: &Side| !seen.at(side.other()).tampered.is_empty();
    seen.ours().filter(hit).map(|side| (side, seen.at(side)))
}

fn truncation(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let half = |side: &Side| seen.pose(side.other()) == Some(Pose::StopsHalfway);
    let stopped = seen.ours().filter(half).map(|side| (side, seen.at(side)));
    for (side, it) in victims(seen).chain(stopped) {
        if it.refused() {
            continue;
        }
        let in_handshake = seen
            .entries
            .iter()
            .any(|entry| matches!(entry, Entry::Tampers { from, place: Place::Handshake(_), .. } if *from != side));
        if in_handshake && !matches!(it.end, Some(Err(_))) {
            return Err(shown(
                Breach::new(
                    format!("the stream was cut in the middle of the handshake, and the {side} did not notice"),
                    "an error",
                    format!("`open`: {}; `receive`: {}", opened(it), ended(it)),
                ),
                it.end_event,
            ));
        }
        if in_handshake {
            continue;
        }
        counts.count(TRUNCATED);
        if it.end != Some(Err(ChannelError::Truncated)) {
            return Err(shown(
                Breach::new(
                    format!("the {side} did not notice that the stream ended before its time"),
                    format!("{:?}: only a goodbye after a whole message is a clean end", ChannelError::Truncated),
                    received(it),
                ),
                it.end_event,
            ));
        }
    }
    Ok(())
}

fn is_readable(wire: &[Vec<u8>]) -> bool {
    wire.concat().windows(SECRET.len()).any(|window| window == SECRET.as_bytes())
}

fn unreadable(seen: &Seen, _: &mut Evidence) -> Verdict {
    seen.ours().try_for_each(|side| nothing_readable(side, seen.at(side)))
}

fn nothing_readable(side: Side, it: &SideSeen) -> Verdict {
    if !is_readable(&it.wire) {
        return Ok(());
    }
    Err(Breach::new(
        format!("whoever listens on the wire can read what the {side} sends"),
        "nothing of a message",
        format!("{SECRET:?}, which is in every message, among what the {side} handed to the wire"),
    ))
}

fn refusal(seen: &Seen, counts: &mut Evidence) -> Verdict {
    count_opened(seen, counts);
    for side in seen.ours() {
        let Some(pose) = seen.pose(side.other()) else { continue };
        let it = seen.at(side);
        if it.refused() {
            counts.count(REFUSED);
        }
        if it.is_open() {
            return Err(shown(
                Breach::new(
                    format!("the {side} opened a channel to a {} that {pose}", side.other()),
                    "`open` returns an error",
                    format!("{}; received {}", opened(it), listed(&it.heard)),
                ),
                it.open_event,
            ));
        }
    }
    Ok(())
}

fn no_fallback(seen: &Seen, counts: &mut Evidence) -> Verdict {
    count_opened(seen, counts);
    for side in seen.ours() {
        let it = seen.at(side);
        if seen.pose(side.other()) == Some(Pose::PlainText) && it.is_open() {
            return Err(shown(
                Breach::new(
                    format!("the {side} opened a channel to a {} that speaks plain text", side.other()),
                    "`open` returns an error",
                    format!("{}; received {}", opened(it), listed(&it.heard)),
                ),
                it.open_event,
            ));
        }
        if !it.refused() {
            continue;
        }
        counts.count(HANDSHAKE_FAILED);
        nothing_readable(side, it)?;
        if !it.heard.is_empty() || it.said.iter().any(|said| said.result == Some(Ok(()))) {
            let sent = it.said.iter().filter(|said| said.result == Some(Ok(()))).count();
            return Err(shown(
                Breach::new(
                    format!("`open` of the {side} failed with {}, and it talked all the same", opened(it)),
                    "every later `send` and `receive` fails",
                    format!("{sent} messages sent, and received {}", listed(&it.heard)),
                ),
                it.open_event,
            ));
        }
    }
    Ok(())
}

fn in_time(seen: &Seen, counts: &mut Evidence) -> Verdict {
    count_opened(seen, counts);
    let limit_ms = seen.setup.limits.handshake_timeout_ms;
    for side in seen.ours() {
        let Some(pose) = seen.pose(side.other()) else { continue };
        let it = seen.at(side);
        counts.count(KEPT_WAITING);
        if !it.refused() || it.open_took_ms > limit_ms + GRAIN_MS {
            return Err(shown(
                Breach::new(
                    format!("`open` of the {side} was not over after {limit_ms} ms, while the {} {pose}", side.other()),
                    format!("an error after {limit_ms} ms"),
                    format!("{} after {} ms", opened(it), it.open_took_ms),
                ),
                it.open_event,
            ));
        }
    }
    Ok(())
}

/// Whether `heard` is how `said` begins.
fn begins(heard: &[Vec<u8>], said: &[&[u8]]) -> bool {
    heard.len() <= said.len() && heard.iter().zip(said).all(|(heard, said)| heard == said)
}

fn tampering_ends_it(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for (side, it) in victims(seen) {
        let what =
            seen.at(side.other()).tampered.iter().find(|what| matches!(what, Tamper::Flip { .. } | Tamper::Repeat));
        let happened = match what {
            Some(Tamper::Flip { .. }) => "a bit of what the other end sent was flipped",
            Some(Tamper::Repeat) => "what the other end sent came twice",
            _ => continue,
        };
        if it.refused() {
            continue;
        }
        counts.count(BROKEN);
        let said = sent(seen, side.other());
        if !begins(&it.heard, &said) || !matches!(it.end, Some(Err(_))) {
            return Err(shown(
                Breach::new(
                    format!("{happened}, and the {side} did not end the session with an error"),
                    format!("no more than {}; then an error", listed(&said)),
                    received(it),
                ),
                it.end_event,
            ));
        }
        if it.later != Some((true, true)) {
            let (receive, send) = it.later.unwrap_or_default();
            let told = |failed| if failed { "fails" } else { "does not fail" };
            return Err(shown(
                Breach::new(
                    format!("{happened}; the {side} noticed, and went on"),
                    "after an error, every later `receive` and `send` fails",
                    format!(
                        "after {}: the next `receive` {}, the next `send` {}",
                        ended(it),
                        told(receive),
                        told(send)
                    ),
                ),
                it.end_event,
            ));
        }
    }
    Ok(())
}

fn no_replay(seen: &Seen, counts: &mut Evidence) -> Verdict {
    tampering_ends_it(seen, counts)?;
    let Some((side, it)) = &seen.replayed else { return Ok(()) };
    let of = side.other();
    if !seen.at(of).is_open() {
        return Ok(());
    }
    counts.count(REPLAYED);
    if !it.refused() || !it.heard.is_empty() {
        return Err(shown(
            Breach::new(
                format!("a new {side} took a recording of what the {of} had sent for the {of} itself"),
                "`open` returns an error: a recording answers nothing that is new in this handshake",
                format!("{}; received {}", opened(it), listed(&it.heard)),
            ),
            it.open_event,
        ));
    }
    Ok(())
}

fn limit_holds(seen: &Seen, counts: &mut Evidence) -> Verdict {
    count_opened(seen, counts);
    let max_bytes = seen.setup.limits.max_message_bytes;
    for side in seen.ours().filter(|side| seen.at(*side).is_open()) {
        let it = seen.at(side);
        for said in it.said.iter().filter(|said| said.message.len() > max_bytes) {
            counts.count(TOO_LONG);
            let bytes = said.message.len();
            let heard = &seen.at(side.other()).heard;
            let rest = sent(seen, side);
            if said.result != Some(Err(ChannelError::TooLong { bytes })) || *heard != rest {
                return Err(Breach::new(
                    format!("the {side} was given a message of {bytes} bytes, and the limit is {max_bytes}"),
                    format!("{:?}; the other messages arrive: {}", ChannelError::TooLong { bytes }, listed(&rest)),
                    format!("{}; what arrived is {}", outcome(&said.result, "Ok(())"), listed(heard)),
                ));
            }
        }
        if seen.pose(side.other()) == Some(Pose::Boasts) && !seen.at(side.other()).said.is_empty() {
            counts.count(TOO_LONG);
            let expected = ChannelError::TooLong { bytes: max_bytes + 1 };
            if it.end != Some(Err(expected.clone())) || it.end_ms >= seen.at(side.other()).close_ms {
                return Err(shown(
                    Breach::new(
                        format!(
                            "the {side} was told that {} bytes would come, and the limit is {max_bytes}",
                            max_bytes + 1
                        ),
                        format!("{expected:?}, without waiting for them"),
                        format!("{} at {} ms", ended(it), it.end_ms),
                    ),
                    it.end_event,
                ));
            }
        }
    }
    Ok(())
}

fn says_so(seen: &Seen, counts: &mut Evidence) -> Verdict {
    count_opened(seen, counts);
    for side in seen.ours() {
        let it = seen.at(side);
        let failed = it.refused() || matches!(it.end, Some(Err(_)));
        if !failed {
            continue;
        }
        counts.count(TOLD);
        let peer = seen.at(side.other());
        let told = match (&peer.opened, &peer.end) {
            (Some(Err(ChannelError::Tls { reason })), _) | (_, Some(Err(ChannelError::Tls { reason }))) => {
                reason.contains("alert")
            }
            _ => false,
        };
        if !told || !it.finished {
            let stream = if it.finished { "has ended" } else { "is still open" };
            return Err(shown(
                Breach::new(
                    format!("the {side} gave up, and left the {} in the dark", side.other()),
                    "an alert, and the end of the stream",
                    format!(
                        "the {}'s `open`: {}; its last `receive`: {}; the stream {stream}",
                        side.other(),
                        opened(peer),
                        ended(peer)
                    ),
                ),
                it.end_event.or(it.open_event),
            ));
        }
    }
    Ok(())
}
