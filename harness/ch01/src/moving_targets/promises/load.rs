//! How calls are spread.

use explore::{Breach, Evidence};

use super::Verdict;
use crate::moving_targets::contract::*;
use crate::moving_targets::seen::{AT_ONCE_MS, Ended, Seen, Shares};
use crate::moving_targets::world::Entry;

pub const NEW: &str = "enough calls follow the arrival of an instance";
pub const EQUAL: &str = "enough calls are made among equal instances";
pub const SLOW: &str = "enough calls are made after an instance has become slow";
pub const RECOVERED: &str = "enough calls follow the recovery of an instance";
pub const GIVEN_UP: &str = "enough calls follow those that were given up";

/// Calls for each instance over which load is counted.
const SAMPLE_CALLS: usize = 100;

/// Multiples of the mean.
const EVEN: (f64, f64) = (0.5, 1.5);
const SLOW_AT_MOST: f64 = 0.6;

/// The attempts of the next 100 calls for each instance that is up then, if so many follow.
fn sample(seen: &Seen, from_ms: u64) -> Option<Shares> {
    let up = seen.up(from_ms);
    let sample: Vec<u64> = seen.calls.iter().filter(|call| call.began_ms >= from_ms).map(|call| call.id).collect();
    let (first, last) = (*sample.first()?, *sample.get((SAMPLE_CALLS * up.len()).checked_sub(1)?)?);
    Some(seen.shares(&up, first..=last))
}

fn within(shares: &Shares, instance: Option<InstanceId>, bounds: (f64, f64), when: &str) -> Verdict {
    for (which, count, of_mean) in shares.of_mean() {
        let asked = instance.is_none_or(|instance| instance == which);
        if asked && !(bounds.0..=bounds.1).contains(&of_mean) {
            return Err(Breach::new(
                format!("{which} got {count} attempts, {of_mean:.2} times the mean, {when}"),
                format!("{} to {} times the mean of {:.0}", bounds.0, bounds.1, shares.mean()),
                shares.told(),
            ));
        }
    }
    Ok(())
}

pub fn new_share(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for news in seen.news.iter().filter(|news| news.event.status == Status::Up && news.readable_ms > 0) {
        let Some(shares) = sample(seen, news.settled_ms) else { continue };
        let instance = news.event.instance;
        let when = format!("of the calls after the news at {} ms that it is up", news.readable_ms);
        within(&shares, Some(instance), EVEN, &when)?;
        counts.count(NEW);
    }
    Ok(())
}

pub fn equal(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let Some(first) = seen.calls.first() else { return Ok(()) };
    let Some(shares) = sample(seen, first.began_ms) else { return Ok(()) };
    within(&shares, None, EVEN, &format!("though all answer after {} ms", seen.setup.answers_after_ms))?;
    if shares.mean() > 0.0 {
        counts.count(EQUAL);
    }
    Ok(())
}

pub fn slow(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for entry in &seen.entries {
        let Entry::Slow { instance, from_ms, answers_after_ms, .. } = entry else { continue };
        let Some(shares) = sample(seen, *from_ms) else { continue };
        for (which, count, of_mean) in shares.of_mean().filter(|(which, ..)| which == instance) {
            if of_mean > SLOW_AT_MOST {
                let usual_ms = seen.setup.answers_after_ms;
                return Err(Breach::new(
                    format!(
                        "{which} takes {answers_after_ms} ms, the others {usual_ms} ms, and it got {count} attempts"
                    ),
                    format!("at most {SLOW_AT_MOST} times the mean of {:.0}", shares.mean()),
                    format!("{of_mean:.2} times the mean; {}", shares.told()),
                ));
            }
        }
        if shares.mean() > 0.0 {
            counts.count(SLOW);
        }
    }
    Ok(())
}

pub fn recovered(seen: &Seen, counts: &mut Evidence) -> Verdict {
    for instance in seen.instances() {
        for ejection in seen.ejections(instance) {
            let Some(Ended::Recovered { at_ms }) = ejection.ended else { continue };
            let Some(shares) = sample(seen, at_ms + AT_ONCE_MS) else { continue };
            let when = format!("of the calls after its probe succeeded at {at_ms} ms");
            within(&shares, Some(instance), EVEN, &when)?;
            counts.count(RECOVERED);
        }
    }
    Ok(())
}

/// The last calls of the schedule come when everything is well again.
pub fn no_trace(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let given_up_ms = seen.entries.iter().filter_map(|entry| match entry {
        Entry::Calls { from_ms, give_up_after_ms: Some(_), .. } => Some(*from_ms),
        _ => None,
    });
    let last_ms = seen.entries.iter().filter_map(|entry| match entry {
        Entry::Calls { from_ms, give_up_after_ms: None, .. } => Some(*from_ms),
        _ => None,
    });
    let (Some(given_up_ms), Some(last_ms)) = (given_up_ms.max(), last_ms.max()) else { return Ok(()) };
    if last_ms < given_up_ms {
        return Ok(());
    }
    let Some(shares) = sample(seen, last_ms) else { return Ok(()) };
    within(&shares, None, EVEN, &format!("from {last_ms} ms on, long after callers gave up on slow calls"))?;
    if shares.mean() > 0.0 {
        counts.count(GIVEN_UP);
    }
    Ok(())
}
