//! What becomes of news.

use explore::{Breach, Evidence};

use super::Verdict;
use crate::moving_targets::contract::*;
use crate::moving_targets::seen::{AttemptEnd, AttemptSeen, CallOutcome, NewsSeen, Seen, names};
use crate::moving_targets::world::told;

pub const GONE: &str = "a call is sent after an instance has departed";
pub const DRAINING: &str = "a call is sent while an instance is draining";
pub const FINISHES: &str = "an instance begins to drain while it has a call";
pub const DEAD: &str = "a call is sent after old news of an instance that has departed";
pub const LIVING: &str = "a call is sent after old news of an instance that has come back";
pub const BLIND: &str = "a call is sent while the registry is down";
pub const BACK: &str = "an instance that joined while the registry was down gets a call";
pub const ASKED: &str = "the registry is asked while it is down";

/// Calls for each instance within which it must have got one.
const PATIENCE_CALLS: usize = 20;

pub fn departed(seen: &Seen, counts: &mut Evidence) -> Verdict {
    none_while(seen, Status::Departed, counts, GONE)
}

pub fn draining(seen: &Seen, counts: &mut Evidence) -> Verdict {
    none_while(seen, Status::Draining, counts, DRAINING)
}

/// No attempt at an instance that is known to be in that state.
fn none_while(seen: &Seen, status: Status, counts: &mut Evidence, evidence: &'static str) -> Verdict {
    for instance in seen.instances() {
        for attempt in &seen.attempts {
            if seen.status(instance, attempt.at_ms) != Some(status) {
                continue;
            }
            if attempt.instance == instance {
                let news = newest(seen, instance, attempt.at_ms);
                return Err(attempt.breach(
                    format!("call {} was sent to {instance} at {} ms", attempt.call, attempt.at_ms),
                    format!("none from {} ms on: {}", news.settled_ms, told(&news.event)),
                    format!("an attempt at {} ms; the news could be read at {} ms", attempt.at_ms, news.readable_ms),
                ));
            }
            counts.count(evidence);
        }
    }
    Ok(())
}

/// The newest that can be known about an instance then.
fn newest(seen: &Seen, instance: InstanceId, at_ms: u64) -> NewsSeen {
    let about = seen.news.iter().filter(|news| news.event.instance == instance && news.settled_ms <= at_ms);
    *about.max_by_key(|news| news.event.version).expect("its state is known then")
}

pub fn finishes(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for news in seen.news.iter().filter(|news| news.event.status == Status::Draining) {
        let instance = news.event.instance;
        let had = |attempt: &&AttemptSeen| {
            let cut_off = matches!(attempt.ended, Some((at_ms, AttemptEnd::GivenUp)) if at_ms == news.readable_ms);
            attempt.at_ms < news.readable_ms && (cut_off || attempt.ended_ms() > news.readable_ms)
        };
        for attempt in seen.attempts_at(instance).filter(had) {
            let call = seen.calls.iter().find(|call| call.id == attempt.call);
            let returned = call.map(|call| &call.outcome);
            let own = matches!(returned, Some(CallOutcome::Returned(Ok(reply))) if reply.served_by == instance);
            if !matches!(attempt.ended, Some((_, AttemptEnd::Answered))) || !own {
                return Err(attempt.breach(
                    format!(
                        "call {} was under way at {instance} when news came at {} ms that {instance} is draining; it \
                         was not left to finish",
                        attempt.call, news.readable_ms
                    ),
                    format!("the reply of {instance} is waited for and returned"),
                    format!(
                        "the attempt was {}; the call returned {}",
                        attempt
                            .ended
                            .as_ref()
                            .map_or("still waiting".to_owned(), |(at_ms, end)| format!("{end} at {at_ms} ms")),
                        returned.map_or("nothing".to_owned(), ToString::to_string)
                    ),
                ));
            }
            counts.count(FINISHES);
        }
    }
    Ok(())
}

/// News that is older than what could be read before it, with the moment from which on it would be believed.
fn old_news(seen: &Seen) -> impl Iterator<Item = &NewsSeen> {
    seen.news.iter().filter(|old| {
        seen.news.iter().any(|new| {
            new.event.instance == old.event.instance
                && new.event.version > old.event.version
                && new.settled_ms <= old.readable_ms
        })
    })
}

pub fn dead(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for old in old_news(seen) {
        let instance = old.event.instance;
        let gone = |at_ms| seen.status(instance, at_ms).is_some_and(|status| status != Status::Up);
        // Whoever does not let go of it in the first place breaks another promise.
        let never_left =
            seen.attempts_at(instance).any(|attempt| gone(attempt.at_ms) && attempt.at_ms < old.readable_ms);
        for attempt in seen.attempts.iter().filter(|attempt| attempt.at_ms >= old.readable_ms && gone(attempt.at_ms)) {
            if attempt.instance == instance && !never_left {
                let news = newest(seen, instance, attempt.at_ms);
                return Err(attempt.breach(
                    format!("old news at {} ms brought {instance} back: it got call {}", old.readable_ms, attempt.call),
                    format!("no attempt, because {}", told(&news.event)),
                    format!("an attempt at {} ms, after the old news that {}", attempt.at_ms, told(&old.event)),
                ));
            }
            counts.count(DEAD);
        }
    }
    Ok(())
}

pub fn living(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for old in old_news(seen) {
        let instance = old.event.instance;
        if seen.status(instance, old.readable_ms) != Some(Status::Up) {
            continue;
        }
        let Some(to_ms) = seen.after_calls(old.settled_ms, PATIENCE_CALLS * seen.instances().len()) else { continue };
        let got = |from_ms, to_ms| {
            seen.attempts_at(instance).filter(|attempt| (from_ms..to_ms).contains(&attempt.at_ms)).count()
        };
        let news = newest(seen, instance, old.readable_ms);
        // Whoever does not take it back in the first place breaks another promise.
        if got(news.readable_ms, old.readable_ms) == 0 {
            continue;
        }
        if got(old.settled_ms, to_ms) == 0 {
            return Err(Breach::new(
                format!("{instance} got no more calls after old news came at {} ms", old.readable_ms),
                format!("its share as before, because {}", told(&news.event)),
                format!(
                    "no attempt from {} ms to {to_ms} ms, after the news that {}",
                    old.settled_ms,
                    told(&old.event)
                ),
            ));
        }
        counts.count(LIVING);
    }
    Ok(())
}

pub fn last_known(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for call in &seen.calls {
        let down = seen.outages.iter().find(|(from_ms, to_ms)| (*from_ms..*to_ms).contains(&call.began_ms));
        let Some((from_ms, _)) = down else { continue };
        if matches!(call.outcome, CallOutcome::Returned(Ok(_))) {
            counts.count(BLIND);
            continue;
        }
        let up = seen.up(call.began_ms);
        return Err(Breach::new(
            format!("call {} failed at {} ms, while the registry was down", call.id, call.ended_ms),
            format!("a reply: the instances known at {from_ms} ms still serve ({})", names(&up)),
            call.outcome.to_string(),
        ));
    }
    Ok(())
}

pub fn followed_again(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(back_ms) = seen.outages.iter().map(|(_, to_ms)| *to_ms).max() else { return Ok(()) };
    for news in seen.news.iter().filter(|news| news.readable_ms >= back_ms) {
        let instance = news.event.instance;
        let Some(to_ms) = seen.after_calls(news.settled_ms, PATIENCE_CALLS * seen.instances().len()) else { continue };
        let got = seen.attempts_at(instance).find(|attempt| (news.settled_ms..to_ms).contains(&attempt.at_ms));
        let wanted = news.event.status == Status::Up;
        if wanted == got.is_some() {
            if wanted {
                counts.count(BACK);
            }
            continue;
        }
        return Err(Breach::new(
            format!(
                "the registry was back at {back_ms} ms, and the news that {} had no effect by {to_ms} ms",
                told(&news.event)
            ),
            format!("{instance} gets {} from {} ms on", if wanted { "calls" } else { "no calls" }, news.settled_ms),
            got.map_or("no attempt there".to_owned(), |attempt| format!("an attempt at {} ms", attempt.at_ms)),
        ));
    }
    Ok(())
}

pub fn not_hammered(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let least_ms = seen.setup.policy.registry_retry_ms / 2;
    for pair in seen.failed_asks_ms.windows(2) {
        let waited_ms = pair[1] - pair[0];
        if waited_ms < least_ms {
            return Err(Breach::new(
                format!("the registry was down, and it was asked at {} ms and again {waited_ms} ms later", pair[0]),
                format!("at least {least_ms} ms between an error and the next question"),
                format!("{} questions in all while it was down", seen.failed_asks_ms.len()),
            ));
        }
    }
    if seen.failed_asks_ms.len() > 1 {
        counts.count(ASKED);
    }
    Ok(())
}
