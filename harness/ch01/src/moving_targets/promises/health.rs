//! What failures do.

use explore::{Breach, Evidence};

use super::Verdict;
use crate::moving_targets::seen::{AT_ONCE_MS, AttemptEnd, CallOutcome, Ejection, Ended, Seen, names, several};
use crate::moving_targets::world::Entry;

pub const EJECTED: &str = "calls go out while an instance is ejected";
pub const FORGIVEN: &str = "an instance gets calls after a few failures";
pub const PROBED: &str = "an ejected instance is probed";
pub const EJECTED_AGAIN: &str = "calls go out after a probe has failed";
pub const EVERYBODY: &str = "an attempt is sent while all instances fail";
pub const BACK: &str = "a call begins after all instances have failed";

/// Calls for each instance within which it must have got one.
const PATIENCE_CALLS: usize = 20;

fn ejections(seen: &Seen) -> Vec<Ejection> {
    seen.instances().into_iter().flat_map(|instance| seen.ejections(instance)).collect()
}

/// When so many calls have begun after that time that an instance must have got one.
fn patience_ms(seen: &Seen, from_ms: u64) -> Option<u64> {
    seen.after_calls(from_ms, PATIENCE_CALLS * seen.up(from_ms).len())
}

pub fn ejected(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let why = format!("{} failures in a row", seen.setup.policy.eject_after);
    nothing_while_ejected(seen, false, &why, counts, EJECTED)
}

pub fn ejected_again(seen: &Seen, counts: &mut Evidence) -> Verdict {
    nothing_while_ejected(seen, true, "a failed probe", counts, EJECTED_AGAIN)
}

fn nothing_while_ejected(
    seen: &Seen,
    by_probe: bool,
    why: &str,
    counts: &mut Evidence,
    evidence: &'static str,
) -> Verdict {
    for ejection in ejections(seen).into_iter().filter(|ejection| ejection.by_probe == by_probe) {
        let Ejection { instance, began_ms, until_ms, .. } = ejection;
        if let Some(Ended::Broken { attempt }) = ejection.ended {
            let attempt = &seen.attempts[attempt];
            return Err(attempt.breach(
                format!("{instance} got call {} at {} ms, though it was ejected", attempt.call, attempt.at_ms),
                format!("no attempt for {} ms after {why} at {began_ms} ms", seen.setup.policy.eject_ms),
                format!("an attempt {} ms after that", attempt.at_ms - began_ms),
            ));
        }
        if seen.attempts.iter().any(|attempt| (began_ms + 1..until_ms).contains(&attempt.at_ms)) {
            counts.count(evidence);
        }
    }
    Ok(())
}

/// After each run of failures that is too short to eject, the instance gets calls.
pub fn forgiven(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for instance in seen.instances() {
        let mut ends: Vec<_> = seen.attempts_at(instance).filter_map(|attempt| attempt.ended.as_ref()).collect();
        ends.sort_by_key(|(at_ms, _)| *at_ms);
        let mut failures = 0;
        for (at_ms, end) in ends {
            failures = if matches!(end, AttemptEnd::Failed(_)) { failures + 1 } else { 0 };
            if failures == 0 {
                continue;
            }
            if failures >= seen.setup.policy.eject_after {
                break;
            }
            let Some(to_ms) = patience_ms(seen, at_ms + AT_ONCE_MS) else { continue };
            if !seen.attempts_at(instance).any(|attempt| (*at_ms..to_ms).contains(&attempt.at_ms)) {
                return Err(Breach::new(
                    format!(
                        "{instance} got no more calls after {} in a row, at {at_ms} ms",
                        several(failures as usize, "failure")
                    ),
                    format!("calls as before: fewer than {} in a row eject nobody", seen.setup.policy.eject_after),
                    format!("no attempt there from {at_ms} ms to {to_ms} ms"),
                ));
            }
            counts.count(FORGIVEN);
        }
    }
    Ok(())
}

pub fn probed(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for ejection in ejections(seen) {
        let Ejection { instance, until_ms, probe_due_ms, .. } = ejection;
        if matches!(ejection.ended, Some(Ended::Open { .. } | Ended::Broken { .. })) {
            continue;
        }
        let Some(to_ms) = patience_ms(seen, probe_due_ms + AT_ONCE_MS) else { continue };
        if !seen.attempts_at(instance).any(|attempt| (until_ms.saturating_sub(1)..to_ms).contains(&attempt.at_ms)) {
            return Err(Breach::new(
                format!("{instance} was ejected until {probe_due_ms} ms, and nobody asked how it is since"),
                format!("an attempt there among the {PATIENCE_CALLS} calls for each instance that follow"),
                format!("no attempt there from {until_ms} ms to {to_ms} ms"),
            ));
        }
        counts.count(PROBED);
    }
    Ok(())
}

pub fn one_at_a_time(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for ejection in ejections(seen) {
        let Ejection { instance, until_ms, .. } = ejection;
        let over_ms = match ejection.ended {
            Some(Ended::Recovered { at_ms } | Ended::ProbeFailed { at_ms }) => at_ms,
            Some(Ended::Open { .. } | Ended::Broken { .. }) => continue,
            None => u64::MAX,
        };
        let mut probe: Option<(u64, u64)> = None;
        let from_ms = until_ms.saturating_sub(1);
        for attempt in seen.attempts_at(instance).filter(|attempt| (from_ms..over_ms).contains(&attempt.at_ms)) {
            counts.count(PROBED);
            if let Some((call, ended_ms)) = probe.filter(|(_, ended_ms)| *ended_ms > attempt.at_ms) {
                let ended = if ended_ms == u64::MAX { "never".to_owned() } else { format!("at {ended_ms} ms") };
                return Err(attempt.breach(
                    format!(
                        "{instance} got call {} at {} ms, while call {call} was still finding out how it is",
                        attempt.call, attempt.at_ms
                    ),
                    format!("one attempt at a time after the ejection until {until_ms} ms, until one has succeeded"),
                    format!("call {call} ended {ended}"),
                ));
            }
            probe = Some((attempt.call, attempt.ended_ms()));
        }
    }
    Ok(())
}

/// When all instances fail, and for how long.
fn all_fail(seen: &Seen) -> Option<(u64, u64)> {
    let spans: Vec<(u64, u64)> = seen
        .entries
        .iter()
        .filter_map(|entry| match entry {
            Entry::Fails { from_ms, to_ms, .. } => Some((*from_ms, *to_ms)),
            _ => None,
        })
        .collect();
    let from_ms = spans.iter().map(|(from_ms, _)| *from_ms).min()?;
    Some((from_ms, spans.iter().map(|(_, to_ms)| *to_ms).max()?))
}

pub fn still_tries(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some((from_ms, to_ms)) = all_fail(seen) else { return Ok(()) };
    for call in seen.calls.iter().filter(|call| call.began_ms >= from_ms) {
        let attempts = seen.attempts_of(call.id).len();
        if call.began_ms < to_ms && attempts > 0 {
            counts.count(EVERYBODY);
        }
        let up = seen.up(call.began_ms);
        if attempts == 0 {
            return Err(Breach::new(
                format!("call {} at {} ms was sent to nobody", call.id, call.began_ms),
                format!("an attempt at one of {}: they failed before, but there is nobody else", names(&up)),
                format!("{}, without an attempt", call.outcome),
            ));
        }
        if call.began_ms >= to_ms {
            counts.count(BACK);
            if !matches!(call.outcome, CallOutcome::Returned(Ok(_))) {
                return Err(Breach::new(
                    format!("call {} failed at {} ms, though all instances answer again", call.id, call.ended_ms),
                    format!("success from {to_ms} ms on"),
                    format!("{}, after {}", call.outcome, several(attempts, "attempt")),
                ));
            }
        }
    }
    Ok(())
}
