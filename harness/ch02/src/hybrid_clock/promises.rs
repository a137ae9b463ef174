//! What is promised, and how each promise is judged from what was seen.

use explore::{Breach, Evidence};
use harness::exercise::{Judge, Promise};
use harness::processes::evidence;

use super::contract::{Stamp, told};
use super::schedules;
use super::world::{Events, Seen};
use crate::traffic;

type Given = traffic::Given<Stamp>;
type Verdict = Result<(), Breach>;

const CAUSE: &str = "an event at one node has a cause at another that both gave a stamp";
const WENT_BACK: &str = "a node gives a stamp while its clock shows less than it has answered before";
const BEHIND: &str = "an event at a node whose clock is behind what it has heard gets a stamp";
const COUNTED: &str = "a stamp has a count above zero";
const FULL: &str = "more events than a count can count get stamps";
const FUTURE: &str = "a message from the far future arrives";
const NEAR: &str = "a message that is just about believable arrives";
const AFTER_CRASH: &str = "a node gives a stamp after a crash, while its clock shows less than it has answered before";
const ASKED: &str = "stamps of the same millisecond are sorted";

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Events>> {
    let promise = |name, draw, judge: Judge<Seen>, needs| Promise { name, schedules: 30, needs, draw, judge };
    vec![
        promise("every_event_gets_its_stamp", schedules::calm, every_event_is_stamped, &[evidence::DUPLICATED]),
        promise(
            "a_cause_comes_before_its_effect",
            schedules::troubled,
            causes_come_first,
            &[CAUSE, evidence::LOST, evidence::OVERTAKEN, evidence::DUPLICATED],
        ),
        promise("stamps_are_sorted_by_time_and_count", schedules::to_be_sorted, are_sorted, &[ASKED]),
        promise(
            "a_clock_that_misbehaves_does_not_turn_time_back",
            schedules::bad_clocks,
            goes_on,
            &[WENT_BACK, evidence::CLOCK],
        ),
        promise("the_time_is_about_right", schedules::troubled_or_leaping, is_about_right, &[BEHIND, evidence::CLOCK]),
        promise("the_count_stays_small", schedules::troubled, count_is_small, &[COUNTED]),
        promise("a_full_count_does_not_wrap_round", schedules::bursts, does_not_wrap, &[FULL]),
        promise("the_far_future_is_refused", schedules::from_the_future, future_is_refused, &[FUTURE, NEAR]),
        promise("a_crash_does_not_turn_time_back", schedules::crashes, not_back, &[AFTER_CRASH, evidence::RESTARTED]),
    ]
}

fn every_event_is_stamped(seen: &Seen, _: &mut Evidence) -> Verdict {
    seen.traffic.all_are_stamped()
}

/// Between nodes; within one it is the next promise's business.
fn causes_come_first(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for (before, after) in seen.traffic.causes_and_effects().filter(|(before, after)| before.node != after.node) {
        evidence.count(CAUSE);
        if after.stamp.key() <= before.stamp.key() {
            return Err(out_of_order(before, after));
        }
    }
    Ok(())
}

/// From event to event of one node.
fn goes_on(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for (before, after) in successive(seen) {
        if after.clock_ms < before.stamp.wall_ms {
            evidence.count(WENT_BACK);
        }
        if after.stamp.key() <= before.stamp.key() {
            return Err(out_of_order(before, after));
        }
    }
    Ok(())
}

/// Every event of a node with the one before it there.
fn successive(seen: &Seen) -> impl Iterator<Item = (&Given, &Given)> {
    let given = &seen.traffic.given;
    given.iter().enumerate().filter_map(|(place, after)| {
        let before = given[..place].iter().rev().find(|before| before.node == after.node)?;
        Some((before, after))
    })
}

fn out_of_order(before: &Given, after: &Given) -> Breach {
    Breach::new(
        format!(
            "the {} at {} got {}, and the {} at {}, which came after it, got {}",
            before.event, before.node, before.stamp, after.event, after.node, after.stamp
        ),
        format!("a stamp greater than {}", before.stamp),
        format!("{}, while the clock of {} showed {} ms", after.stamp, after.node, after.clock_ms),
    )
    .at(after.at)
}

fn are_sorted(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for sorted in &seen.sorted {
        let mut expected = sorted.asked.clone();
        expected.sort_by_key(Stamp::key);
        if expected.windows(2).any(|pair| pair[0].wall_ms == pair[1].wall_ms) {
            evidence.count(ASKED);
        }
        if sorted.answer != expected {
            return Err(Breach::new(
                format!("{} did not put {} stamps into their order", sorted.node, expected.len()),
                told(&expected),
                told(&sorted.answer),
            )
            .at(sorted.at));
        }
    }
    Ok(())
}

/// The greatest that any clock has shown at the event or at one that happened before it.
fn greatest_clock_ms(seen: &Seen, place: usize, relation: &check::HappensBefore) -> u64 {
    let given = &seen.traffic.given;
    let causes = (0..place).filter(|cause| relation.before(*cause, place));
    causes.map(|cause| given[cause].clock_ms).max().unwrap_or(0).max(given[place].clock_ms)
}

/// How many events have the same `wall_ms` and happened before that event.
fn same_before(seen: &Seen, place: usize, relation: &check::HappensBefore) -> usize {
    let given = &seen.traffic.given;
    let same =
        |cause: &usize| given[*cause].stamp.wall_ms == given[place].stamp.wall_ms && relation.before(*cause, place);
    (0..place).filter(same).count()
}

fn is_about_right(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let relation = seen.traffic.relation();
    for (place, given) in seen.traffic.given.iter().enumerate() {
        let greatest_ms = greatest_clock_ms(seen, place, &relation);
        if greatest_ms > given.clock_ms {
            evidence.count(BEHIND);
        }
        let wall_ms = given.stamp.wall_ms;
        if wall_ms < given.clock_ms || wall_ms > greatest_ms {
            let far = if wall_ms < given.clock_ms { "below its clock" } else { "above all clocks it has heard of" };
            return Err(Breach::new(
                format!("the {} at {} got {}, which is {far}", given.event, given.node, given.stamp),
                format!("between {} ms, its own clock, and {greatest_ms} ms, the greatest before it", given.clock_ms),
                format!("{wall_ms} ms"),
            )
            .at(given.at));
        }
    }
    Ok(())
}

fn count_is_small(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let given = &seen.traffic.given;
    let relation = seen.traffic.relation();
    for (place, stamped) in given.iter().enumerate() {
        if stamped.stamp.count > 0 {
            evidence.count(COUNTED);
        }
        let before = same_before(seen, place, &relation);
        if usize::from(stamped.stamp.count) > before {
            return Err(Breach::new(
                format!(
                    "the {} at {} got {}, after {before} events of that millisecond",
                    stamped.event, stamped.node, stamped.stamp
                ),
                format!("a count of at most {before}"),
                stamped.stamp.count.to_string(),
            )
            .at(stamped.at));
        }
    }
    Ok(())
}

/// At one node and within one instant, for that is where counts get full; and where a full one arrives.
fn does_not_wrap(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for (sent, received) in seen.traffic.deliveries().filter(|(sent, _)| sent.stamp.count == u8::MAX) {
        if received.stamp.key() <= sent.stamp.key() {
            return Err(out_of_order(sent, received));
        }
    }
    let own = |given: &Given| !matches!(given.event, traffic::Event::Received(_));
    let at_once = |before: &Given, after: &Given| before.at_ms == after.at_ms && own(before) && own(after);
    for (before, after) in successive(seen).filter(|(before, after)| at_once(before, after)) {
        if after.stamp.wall_ms > before.stamp.wall_ms {
            evidence.count(FULL);
        }
        let (least, most) = ((before.stamp.wall_ms, before.stamp.count), (before.stamp.wall_ms + 1, 0));
        if after.stamp.key() <= least {
            return Err(out_of_order(before, after));
        }
        if after.stamp.key() > most {
            return Err(Breach::new(
                format!("the {} at {} got {}, right after {}", after.event, after.node, after.stamp, before.stamp),
                format!("at most {} ms + 0: after a full count, a millisecond more and a count of zero", most.0),
                after.stamp.to_string(),
            )
            .at(after.at));
        }
    }
    Ok(())
}

fn future_is_refused(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let limit_ms = seen.config.max_ahead_ms;
    let sending = |number| seen.traffic.given.iter().find(|given| given.event == traffic::Event::Sent(number));
    for given in &seen.traffic.given {
        let traffic::Event::Received(number) = given.event else { continue };
        let Some(sent) = sending(number) else { continue };
        let ahead_ms = sent.stamp.wall_ms.saturating_sub(given.clock_ms);
        if ahead_ms > limit_ms {
            return Err(Breach::new(
                format!("{} believed message {number}, whose stamp is {ahead_ms} ms ahead of its clock", given.node),
                format!("a refusal: {limit_ms} ms are the most that is believed"),
                format!("{}, for the {}", given.stamp, given.event),
            )
            .at(given.at));
        }
        if ahead_ms + 30 > limit_ms {
            evidence.count(NEAR);
        }
    }
    for refused in &seen.traffic.refused {
        let Some(sent) = sending(refused.number) else { continue };
        let ahead_ms = sent.stamp.wall_ms.saturating_sub(refused.clock_ms);
        evidence.count(FUTURE);
        if ahead_ms <= limit_ms {
            return Err(Breach::new(
                format!(
                    "{} refused message {}, whose stamp is {ahead_ms} ms ahead of its clock",
                    refused.node, refused.number
                ),
                format!("a stamp for its receipt: up to {limit_ms} ms are believed"),
                "a refusal".to_owned(),
            )
            .at(refused.at));
        }
    }
    not_moved_by_refusals(seen)
}

/// After a refusal, the node's stamps are what they would have been without the message.
fn not_moved_by_refusals(seen: &Seen) -> Verdict {
    let relation = seen.traffic.relation();
    for (place, given) in seen.traffic.given.iter().enumerate() {
        let mut refusals =
            seen.traffic.refused.iter().filter(|refused| refused.node == given.node && refused.at < given.at);
        let Some(refused) = refusals.next_back() else { continue };
        let greatest_ms = greatest_clock_ms(seen, place, &relation);
        let most = same_before(seen, place, &relation);
        if given.stamp.wall_ms > greatest_ms || usize::from(given.stamp.count) > most {
            return Err(Breach::new(
                format!(
                    "the {} at {} got {}, as if message {}, which it had refused, had changed something",
                    given.event, given.node, given.stamp, refused.number
                ),
                format!("at most {greatest_ms} ms, and a count of at most {most}: what it would have been without it"),
                given.stamp.to_string(),
            )
            .at(given.at));
        }
    }
    Ok(())
}

/// What a node answers after a crash is greater than all it has answered before.
fn not_back(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let all = &seen.traffic.given;
    for (place, given) in all.iter().enumerate() {
        let before_crash =
            all[..place].iter().filter(|earlier| earlier.node == given.node && earlier.crashes < given.crashes);
        let Some(highest) = before_crash.max_by_key(|earlier| earlier.stamp.key()) else { continue };
        if given.clock_ms <= highest.stamp.wall_ms {
            evidence.count(AFTER_CRASH);
        }
        if given.stamp.key() <= highest.stamp.key() {
            return Err(Breach::new(
                format!(
                    "{} answered with {} before its crash and with {} after it",
                    given.node, highest.stamp, given.stamp
                ),
                format!("a stamp greater than {}", highest.stamp),
                format!("{}, while its clock showed {} ms", given.stamp, given.clock_ms),
            )
            .at(given.at));
        }
    }
    Ok(())
}
