//! What a single call does.

use explore::{Breach, Evidence};

use super::Verdict;
use crate::moving_targets::contract::*;
use crate::moving_targets::seen::{AT_ONCE_MS, AttemptEnd, AttemptSeen, CallOutcome, CallSeen, Seen, names, several};

pub const TOGETHER: &str = "a call begins while others are under way";
pub const TRIED_TWICE: &str = "a call is tried a second time";
pub const NOWHERE_ELSE: &str = "an attempt fails where there is only one instance";

/// First attempts begin, and results are returned, without waiting for anything.
pub fn at_once(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for call in &seen.calls {
        let attempts = seen.attempts_of(call.id);
        let under_way = seen
            .attempts
            .iter()
            .filter(|other| other.call != call.id && other.at_ms <= call.began_ms && other.ended_ms() > call.began_ms);
        let under_way = under_way.count();
        let latest_ms = call.began_ms + AT_ONCE_MS;
        let expected = format!("its first attempt before {latest_ms} ms");
        let Some(first) = attempts.first() else {
            return Err(Breach::new(
                format!("call {} sent nothing, although {} are up", call.id, names(&seen.up(call.began_ms))),
                expected,
                format!("{} at {} ms", call.outcome, call.ended_ms),
            ));
        };
        if first.at_ms > latest_ms {
            return Err(first.breach(
                format!("call {} began at {} ms and was sent only at {} ms", call.id, call.began_ms, first.at_ms),
                expected,
                format!("at {} ms; calls under way when it began: {under_way}", first.at_ms),
            ));
        }
        if under_way > 0 {
            counts.count(TOGETHER);
        }
        if let Some(last) = attempts.last() {
            returns_at_once(call, last)?;
        }
    }
    Ok(())
}

fn returns_at_once(call: &CallSeen, last: &AttemptSeen) -> Verdict {
    let Some((ended_ms, end)) = &last.ended else { return Ok(()) };
    let latest_ms = ended_ms + AT_ONCE_MS;
    if call.ended_ms <= latest_ms && call.outcome == CallOutcome::Returned(result(call, last.instance, end)) {
        return Ok(());
    }
    Err(last.breach(
        format!("call {} did not return what its last attempt brought at {ended_ms} ms", call.id),
        format!("{} before {latest_ms} ms", CallOutcome::Returned(result(call, last.instance, end))),
        format!("{} at {} ms", call.outcome, call.ended_ms),
    ))
}

/// What a call returns whose last attempt ended in this way.
fn result(call: &CallSeen, served_by: InstanceId, end: &AttemptEnd) -> Result<Reply, CallError> {
    match end {
        AttemptEnd::Answered => Ok(Reply { answers: call.id, served_by }),
        AttemptEnd::Failed(last) => Err(CallError::Failed { last: *last }),
        // Nobody asked for that, so no result would be right.
        AttemptEnd::GivenUp => Err(CallError::NoInstances),
    }
}

/// One more attempt, at another instance, and no third.
pub fn tried_once_more(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for call in &seen.calls {
        let attempts = seen.attempts_of(call.id);
        let Some((first, more)) = attempts.split_first() else { continue };
        let Some((failed_ms, AttemptEnd::Failed(_))) = first.ended else { continue };
        let elsewhere = seen.up(failed_ms).iter().any(|instance| *instance != first.instance);
        let expected = if elsewhere {
            format!("one more, at another instance than {}, before {} ms", first.instance, failed_ms + AT_ONCE_MS)
        } else {
            format!("no other attempt: there is no instance but {}", first.instance)
        };
        let right = match more {
            [] => !elsewhere,
            [second] => second.instance != first.instance && second.at_ms <= failed_ms + AT_ONCE_MS,
            _ => false,
        };
        if !right {
            let all: Vec<String> =
                attempts.iter().map(|attempt| format!("{} at {} ms", attempt.instance, attempt.at_ms)).collect();
            let last = attempts.last().unwrap_or(first);
            let then = match more {
                [second] if second.instance == first.instance => "was sent there again".to_owned(),
                _ => format!("made {}", several(more.len(), "more attempt")),
            };
            return Err(last.breach(
                format!("call {} failed at {} at {failed_ms} ms and then {then}", call.id, first.instance),
                expected,
                format!("its attempts: {}", all.join(", ")),
            ));
        }
        counts.count(if elsewhere { TRIED_TWICE } else { NOWHERE_ELSE });
        returns_at_once(call, more.first().unwrap_or(first))?;
    }
    Ok(())
}
