//! What is promised, and how each promise is judged from what was seen.

use std::collections::BTreeMap;

use explore::{Breach, Evidence};
use harness::exercise::{Judge, Promise};

use render::explain::plural;

use super::contract::{CallError, IdempotencyKey, Policy, TransportError};
use super::schedules;
use super::world::{AttemptEnd, AttemptSeen, Bank, CallOutcome, CallSeen, Seen, evidence};

/// tokio rounds every wait up to whole milliseconds.
const GRAIN_MS: u64 = 1;

/// How soon after an outage new calls must succeed.
const RECOVERY_MS: u64 = 5_000;

const BUDGET_USED: &str = "the retry budget is used up";
const RETRIED_LATER: &str = "a client comes back when it was told to";
const AFTER_OUTAGE: &str = "a call begins after an outage";
const DEADLINE_MET: &str = "a call is ended by its deadline";
const TOLD: &str = "a failed call has an error to report";

type Verdict = Result<(), Breach>;

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Bank>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 30, needs, draw, judge };
    // A schedule of these holds dozens or hundreds of calls, so that a few say as much.
    let crowded = |promise| Promise { schedules: 4, ..promise };
    vec![
        promise("a_lost_request_is_retried", schedules::losses, every_call_succeeds, &[evidence::REQUEST_LOST]),
        promise("every_attempt_has_its_own_time_out", schedules::losses, attempts_time_out, &[evidence::REQUEST_LOST]),
        promise("the_deadline_holds_to_the_millisecond", schedules::hopeless, deadline_holds, &[DEADLINE_MET]),
        promise("a_call_tries_until_its_deadline", schedules::silence, tries_on, &[DEADLINE_MET]),
        promise("final_errors_are_not_retried", schedules::refusals, final_errors, &[evidence::REJECTED]),
        crowded(promise(
            "waits_grow_exponentially_up_to_a_cap",
            schedules::long_refusal,
            waits_grow,
            &[evidence::UNREACHABLE],
        )),
        promise(
            "clients_that_fail_together_come_back_apart",
            schedules::herd,
            come_back_apart,
            &[evidence::REQUEST_LOST],
        ),
        promise("a_charge_is_applied_exactly_once", schedules::lost_replies, exactly_once, &[evidence::REPLY_LOST]),
        promise("two_calls_never_share_a_key", schedules::look_alikes, keys_differ, &[evidence::ANSWERED]),
        promise("a_late_reply_answers_no_other_call", schedules::late_replies, own_receipt, &[evidence::STRAY]),
        crowded(promise(
            "an_outage_costs_a_bounded_number_of_retries",
            schedules::outage,
            within_budget,
            &[BUDGET_USED],
        )),
        crowded(promise("calls_succeed_again_after_an_outage", schedules::outage, recovers, &[AFTER_OUTAGE])),
        promise("retry_after_is_honoured", schedules::overload, comes_back_later, &[RETRIED_LATER]),
        promise("a_dropped_call_stops_its_work", schedules::departures, stops, &[evidence::DROPPED]),
        promise("the_last_error_is_reported", schedules::errors, last_error, &[TOLD]),
    ]
}

/// The attempts of a call, in order. Calls of a client charge different amounts wherever this is asked.
fn attempts_of<'a>(seen: &'a Seen, call: &CallSeen) -> Vec<&'a AttemptSeen> {
    let mine = |attempt: &&AttemptSeen| attempt.client == call.client && attempt.attempt.charge == call.charge;
    seen.attempts.iter().filter(mine).collect()
}

fn name(call: &CallSeen) -> String {
    format!("the call that charges {} cents", call.charge.cents)
}

/// The longest wait before retry `k`, from 1.
fn ceiling_ms(policy: &Policy, k: usize) -> u64 {
    let doubled = policy.backoff_base_ms.saturating_mul(1 << (k - 1).min(30));
    doubled.min(policy.backoff_cap_ms)
}

fn every_call_succeeds(seen: &Seen, _: &mut Evidence) -> Verdict {
    for call in &seen.calls {
        if !matches!(call.outcome, CallOutcome::Returned(Ok(_))) {
            let attempts = plural(attempts_of(seen, call).len() as u64, "attempt");
            return Err(Breach::new(
                format!("{} failed although the bank can be reached again", name(call)),
                "another attempt, and its receipt",
                format!("{} at {} ms, after {attempts}", call.outcome, call.ended_ms),
            ));
        }
    }
    Ok(())
}

fn attempts_time_out(seen: &Seen, _: &mut Evidence) -> Verdict {
    let timeout_ms = seen.setup.policy.attempt_timeout_ms;
    for call in &seen.calls {
        let deadline_ms = call.began_ms + seen.setup.policy.deadline_ms;
        let mut free_ms = 0;
        for attempt in attempts_of(seen, call) {
            let nth = attempt.nth;
            if attempt.at_ms < free_ms {
                return Err(Breach::new(
                    format!("attempt {nth} began at {} ms, while the one before was still under way", attempt.at_ms),
                    "one attempt of a call at a time",
                    format!("the attempt before ended at {free_ms} ms"),
                ));
            }
            let lasted_ms = attempt.ended.as_ref().map(|(at_ms, _)| at_ms - attempt.at_ms);
            free_ms = attempt.ended.as_ref().map_or(u64::MAX, |(at_ms, _)| *at_ms);
            let given_up = matches!(attempt.ended, Some((_, AttemptEnd::GivenUp)));
            let early = given_up && free_ms < (attempt.at_ms + timeout_ms).min(deadline_ms);
            let late = lasted_ms.is_none_or(|lasted_ms| lasted_ms > timeout_ms + GRAIN_MS);
            if early || late {
                let lasted = lasted_ms.map_or("to the end of the run".to_owned(), |ms| format!("{ms} ms"));
                return Err(Breach::new(
                    format!("attempt {nth}, which got no answer, was under way for {lasted}"),
                    format!("it is given up after {timeout_ms} ms"),
                    format!("it began at {} ms and lasted {lasted}", attempt.at_ms),
                ));
            }
        }
    }
    Ok(())
}

fn deadline_holds(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let deadline_ms = seen.setup.policy.deadline_ms;
    for call in &seen.calls {
        if matches!(call.outcome, CallOutcome::Returned(Err(CallError::DeadlineExceeded { .. }))) {
            counts.count(DEADLINE_MET);
        }
        let took_ms = call.ended_ms - call.began_ms;
        if took_ms > deadline_ms {
            let actual = match call.outcome {
                CallOutcome::Never => format!("nothing after {took_ms} ms"),
                _ => format!("a result after {took_ms} ms"),
            };
            let breach = Breach::new(
                format!("{} was not over at its deadline", name(call)),
                format!("a result after at most {deadline_ms} ms"),
                actual,
            );
            return Err(breach.at(call.overdue.unwrap_or(call.ended)));
        }
    }
    Ok(())
}

fn tries_on(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let policy = &seen.setup.policy;
    for call in &seen.calls {
        counts.count(DEADLINE_MET);
        let attempts = attempts_of(seen, call);
        let took_ms = call.ended_ms - call.began_ms;
        // Waiting for the next retry is pointless once that would begin after the deadline.
        let patience_ms = policy.deadline_ms.saturating_sub(ceiling_ms(policy, attempts.len().max(1)) + GRAIN_MS);
        let gave_up = attempts.is_empty() || took_ms < patience_ms;
        let ended_ms = attempts.last().and_then(|last| last.ended.as_ref()).map_or(0, |(at_ms, _)| *at_ms);
        let idle_ms = call.ended_ms.saturating_sub(ended_ms);
        if gave_up || idle_ms > ceiling_ms(policy, attempts.len()) + GRAIN_MS {
            return Err(Breach::new(
                format!("{} stopped trying after {}", name(call), plural(attempts.len() as u64, "attempt")),
                format!("attempts until a retry would begin after the deadline of {} ms", policy.deadline_ms),
                format!("{} after {took_ms} ms; the last attempt ended {idle_ms} ms before", call.outcome),
            ));
        }
    }
    Ok(())
}

fn final_errors(seen: &Seen, _: &mut Evidence) -> Verdict {
    for call in &seen.calls {
        let attempts = attempts_of(seen, call);
        let refused = attempts.iter().position(|attempt| {
            matches!(attempt.ended, Some((_, AttemptEnd::Failed(TransportError::Rejected { .. }))))
        });
        let Some(refused) = refused else { continue };
        let Some((_, AttemptEnd::Failed(TransportError::Rejected { reason }))) = &attempts[refused].ended else {
            continue;
        };
        let expected = CallOutcome::Returned(Err(CallError::Rejected { reason: reason.clone() }));
        let more = attempts.len() - refused - 1;
        if more > 0 || call.outcome != expected {
            return Err(Breach::new(
                format!(
                    "the bank refused {} for good, and the client made {} after that",
                    name(call),
                    plural(more as u64, "attempt")
                ),
                format!("no more attempts, and {expected}"),
                format!("{more} more attempts, and {}", call.outcome),
            ));
        }
    }
    Ok(())
}

/// The waits of a call: how long it waited before retry 1, 2, …
fn waits_ms(seen: &Seen, call: &CallSeen) -> Vec<u64> {
    let attempts = attempts_of(seen, call);
    let wait = |pair: &[&AttemptSeen]| {
        let (ended_ms, _) = pair[0].ended.as_ref()?;
        Some(pair[1].at_ms.saturating_sub(*ended_ms))
    };
    attempts.windows(2).filter_map(wait).collect()
}

/// Fewer waits than this say nothing about their average: of 24 that are drawn evenly from 0 to the longest allowed
/// the average is below a quarter of it once in 50,000 times.
const MIN_SAMPLE: usize = 24;

fn waits_grow(seen: &Seen, _: &mut Evidence) -> Verdict {
    let policy = &seen.setup.policy;
    let mut by_retry: BTreeMap<usize, Vec<u64>> = BTreeMap::new();
    for call in &seen.calls {
        for (place, wait_ms) in waits_ms(seen, call).into_iter().enumerate() {
            let longest_ms = ceiling_ms(policy, place + 1);
            if wait_ms > longest_ms + GRAIN_MS {
                return Err(Breach::new(
                    format!("{} waited {wait_ms} ms before retry {}", name(call), place + 1),
                    format!(
                        "at most min({}, {} * 2^{place}) = {longest_ms} ms",
                        policy.backoff_cap_ms, policy.backoff_base_ms
                    ),
                    format!("{wait_ms} ms"),
                ));
            }
            by_retry.entry(place + 1).or_default().push(wait_ms);
        }
    }
    for (retry, waits) in by_retry.into_iter().filter(|(_, waits)| waits.len() >= MIN_SAMPLE) {
        let longest_ms = ceiling_ms(policy, retry);
        let mean_ms = waits.iter().sum::<u64>() / waits.len() as u64;
        if mean_ms < longest_ms / 4 {
            return Err(Breach::new(
                format!("waits before retry {retry} were {mean_ms} ms on average: they do not grow as they should"),
                format!("at least a quarter of {longest_ms} ms on average"),
                format!("{mean_ms} ms, over {} calls", waits.len()),
            ));
        }
    }
    Ok(())
}

fn come_back_apart(seen: &Seen, _: &mut Evidence) -> Verdict {
    let window_ms = seen.setup.policy.backoff_base_ms / 20;
    let mut second_ms: Vec<u64> =
        seen.calls.iter().filter_map(|call| Some(attempts_of(seen, call).get(1)?.at_ms)).collect();
    second_ms.sort_unstable();
    let failed = seen.attempts.iter().filter(|attempt| attempt.at_ms == 0).count();
    let together = |from: &u64| second_ms.iter().filter(|at| (*from..from + window_ms).contains(at)).count();
    let (most, from_ms) = second_ms.iter().map(|from| (together(from), *from)).max().unwrap_or_default();
    if failed >= 2 && most * 2 > failed {
        return Err(Breach::new(
            format!("of {failed} clients that failed at the same moment, {most} came back within {window_ms} ms"),
            format!("no more than half of them within the same {window_ms} ms"),
            format!("{most} second attempts between {from_ms} ms and {} ms", from_ms + window_ms),
        ));
    }
    Ok(())
}

fn exactly_once(seen: &Seen, _: &mut Evidence) -> Verdict {
    for call in &seen.calls {
        let times = seen.applied.iter().filter(|(_, charge, _)| *charge == call.charge).count();
        let succeeded = matches!(call.outcome, CallOutcome::Returned(Ok(_)));
        if times > 1 || (succeeded && times != 1) {
            let keys: Vec<&str> =
                attempts_of(seen, call).iter().map(|attempt| attempt.attempt.key.0.as_str()).collect();
            return Err(Breach::new(
                format!("the account was charged {times} times by {}", name(call)),
                "once: every attempt of a call carries the key of that call",
                format!("{times} times; the keys of its attempts were {keys:?}"),
            ));
        }
    }
    Ok(())
}

fn keys_differ(seen: &Seen, _: &mut Evidence) -> Verdict {
    let mut owners: BTreeMap<&IdempotencyKey, usize> = BTreeMap::new();
    for attempt in &seen.attempts {
        // These calls don't overlap, so the latest one to begin is the one that sends.
        let began = |call: &CallSeen| call.client == attempt.client && call.began_ms <= attempt.at_ms;
        let mine = seen.calls.iter().enumerate().filter(|(_, call)| began(call)).max_by_key(|(_, call)| call.began_ms);
        let Some((mine, call)) = mine else { continue };
        let owner = *owners.entry(&attempt.attempt.key).or_insert(mine);
        if owner != mine {
            let other = &seen.calls[owner];
            return Err(Breach::new(
                format!(
                    "client {} at {} ms used the key of a call that client {} began at {} ms",
                    call.client, attempt.at_ms, other.client, other.began_ms
                ),
                "a new key for every call, also for one that asks for the same",
                format!("both calls carry the key {:?}, so the bank takes them for one", attempt.attempt.key.0),
            ));
        }
    }
    Ok(())
}

fn own_receipt(seen: &Seen, _: &mut Evidence) -> Verdict {
    for call in &seen.calls {
        let CallOutcome::Returned(Ok(receipt)) = call.outcome else { continue };
        let applied = seen.applied.iter().find(|(_, _, number)| *number == receipt);
        if applied.is_none_or(|(_, charge, _)| *charge != call.charge) {
            let whose = applied.map_or("of no charge at all".to_owned(), |(_, charge, _)| {
                format!("of the call that charges {} cents", charge.cents)
            });
            return Err(Breach::new(
                format!("{} returned the receipt {whose}", name(call)),
                "its own receipt: a reply that answers another key is not for this call",
                format!("receipt {}, {whose}", receipt.number),
            ));
        }
    }
    Ok(())
}

fn within_budget(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let policy = &seen.setup.policy;
    let mut retries_ms = Vec::new();
    for call in &seen.calls {
        retries_ms.extend(attempts_of(seen, call).iter().skip(1).map(|attempt| attempt.at_ms));
    }
    retries_ms.sort_unstable();
    if retries_ms.len() >= policy.retry_burst as usize {
        counts.count(BUDGET_USED);
    }
    for (from, from_ms) in retries_ms.iter().enumerate() {
        for (to, to_ms) in retries_ms.iter().enumerate().skip(from) {
            let made = (to - from + 1) as u64;
            let span_ms = to_ms - from_ms;
            let allowed = u64::from(policy.retry_burst) + u64::from(policy.retries_per_s) * span_ms / 1000 + 1;
            if made > allowed {
                return Err(Breach::new(
                    format!("{made} retries within {span_ms} ms, from {from_ms} ms on"),
                    format!("{} at once, and {} more a second", policy.retry_burst, policy.retries_per_s),
                    format!("{made} retries where {allowed} are allowed; {} in all", retries_ms.len()),
                ));
            }
        }
    }
    Ok(())
}

fn recovers(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(over_ms) = seen.outages.iter().map(|(_, to_ms)| *to_ms).max() else { return Ok(()) };
    for call in seen.calls.iter().filter(|call| call.began_ms >= over_ms + RECOVERY_MS) {
        counts.count(AFTER_OUTAGE);
        if !matches!(call.outcome, CallOutcome::Returned(Ok(_))) {
            return Err(Breach::new(
                format!("{} began {} ms after the outage and failed", name(call), call.began_ms - over_ms),
                format!("success, from {RECOVERY_MS} ms after the end of the outage on"),
                format!("{} after {}", call.outcome, plural(attempts_of(seen, call).len() as u64, "attempt")),
            ));
        }
    }
    Ok(())
}

fn comes_back_later(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let policy = &seen.setup.policy;
    for call in &seen.calls {
        let attempts = attempts_of(seen, call);
        for (place, attempt) in attempts.iter().enumerate() {
            let Some((told_ms, AttemptEnd::Failed(TransportError::Overloaded { retry_after_ms }))) = attempt.ended
            else {
                continue;
            };
            let earliest_ms = told_ms + retry_after_ms;
            let latest_ms = earliest_ms + ceiling_ms(policy, place + 1) + GRAIN_MS;
            let next = attempts.get(place + 1).map(|next| next.at_ms);
            let expected = format!("the next attempt between {earliest_ms} ms and {latest_ms} ms");
            match next {
                Some(at_ms) if (earliest_ms..=latest_ms).contains(&at_ms) => counts.count(RETRIED_LATER),
                None if latest_ms >= call.began_ms + policy.deadline_ms => {}
                _ => {
                    let when = next.map_or("never".to_owned(), |at_ms| format!("at {at_ms} ms"));
                    return Err(Breach::new(
                        format!(
                            "told at {told_ms} ms to come back in {retry_after_ms} ms, the client came back {when}"
                        ),
                        expected,
                        when,
                    ));
                }
            }
        }
    }
    Ok(())
}

fn stops(seen: &Seen, _: &mut Evidence) -> Verdict {
    for call in seen.calls.iter().filter(|call| call.outcome == CallOutcome::Dropped) {
        let attempts = attempts_of(seen, call);
        let after = attempts.iter().filter(|attempt| attempt.at_ms > call.ended_ms).count();
        let open =
            attempts.iter().any(|attempt| attempt.ended.as_ref().is_none_or(|(at_ms, _)| *at_ms > call.ended_ms));
        if after > 0 || open {
            return Err(Breach::new(
                format!("the caller of {} went away at {} ms, and its work went on", name(call), call.ended_ms),
                "nothing is sent or waited for any more",
                format!("{after} more attempts{}", if open { ", and one still under way" } else { "" }),
            ));
        }
    }
    Ok(())
}

fn last_error(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for call in &seen.calls {
        let attempts = attempts_of(seen, call);
        let failed = attempts.iter().rev().find_map(|attempt| match &attempt.ended {
            Some((_, AttemptEnd::Failed(error))) => Some(error.clone()),
            _ => None,
        });
        let last = match &call.outcome {
            CallOutcome::Returned(Err(CallError::DeadlineExceeded { last } | CallError::Unavailable { last })) => last,
            CallOutcome::Returned(Ok(_)) => continue,
            outcome => {
                return Err(Breach::new(
                    format!("{} ended in something else than a deadline or a used-up budget", name(call)),
                    format!("a call error that carries {failed:?}"),
                    outcome.to_string(),
                ));
            }
        };
        if failed.is_some() {
            counts.count(TOLD);
        }
        if *last != failed {
            return Err(Breach::new(
                format!("the error of {} does not say what went wrong last", name(call)),
                format!("{failed:?}"),
                format!("{last:?}"),
            ));
        }
    }
    Ok(())
}
