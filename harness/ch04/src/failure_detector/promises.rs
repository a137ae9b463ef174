//! What is promised, and how each promise is judged from what was seen.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use explore::{Breach, Evidence};
use harness::NodeId;
use harness::exercise::{Judge, Promise};
use harness::processes::evidence;
use render::explain::{list_in_words, plural};
use sim::EventId;

use super::contract::{DETECT_MS, LEARN_MS, MESSAGES_A_WINDOW, SETTLE_MS, SLIP_MS, START_MS, TRUST_MS, WINDOW_MS};
use super::schedules;
use super::world::{Absence, Entry, Remark, Seen, Suspicion, Watch};

type Verdict = Result<(), Breach>;

const NOTICED: &str = "a node suspects one that has crashed";
const ALIVE: &str = "a node is suspected while it stands still";
const LIVES: &str = "a node is suspected while it is up";
const RETURNED: &str = "a node comes back that others suspect";
const ALL_NOTICED: &str = "all of 30 nodes suspect one that has crashed";

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Watch>> {
    let promise = |name, schedules, draw, judge: Judge<Seen>, needs| Promise { name, schedules, needs, draw, judge };
    vec![
        promise("a_crash_is_noticed_by_all", 8, schedules::crashes, is_noticed, &[NOTICED]),
        promise("slow_is_not_dead", 4, schedules::slow_network, is_not_dead, &[evidence::DELIVERED, evidence::CLOCK]),
        promise("who_stutters_gets_more_time", 3, schedules::stutter, gets_more_time, &[evidence::HELD_UP]),
        promise("who_goes_on_after_a_pause_is_trusted_again", 6, schedules::pauses, goes_on, &[ALIVE]),
        promise("its_own_pause_makes_nobody_suspicious", 6, schedules::pauses, is_not_suspicious, &[evidence::HELD_UP]),
        promise(
            "who_comes_back_after_a_crash_is_trusted_again",
            6,
            schedules::restarts,
            is_back,
            &[RETURNED, evidence::RESTARTED],
        ),
        promise(
            "when_all_trouble_is_over_all_is_known",
            12,
            schedules::trouble,
            all_is_known,
            &[LIVES, NOTICED, evidence::CUT_OFF],
        ),
        promise("nobody_suspects_itself", 6, schedules::mistaken, not_itself, &[LIVES]),
        promise("few_messages_are_enough", 2, schedules::many, are_few, &[ALL_NOTICED]),
    ]
}

fn is_noticed(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    if let Some(missed) = seen.missed.first() {
        let was = seen.told(missed.by, missed.of);
        return Err(Breach::new(
            format!(
                "{} crashed at {} ms, and at {} ms {} did not suspect it",
                missed.of,
                missed.crashed_ms,
                missed.crashed_ms + DETECT_MS,
                missed.by
            ),
            format!("everybody who is up suspects it then, {DETECT_MS} ms after the crash"),
            was,
        )
        .at(missed.at));
    }
    for absence in &seen.absences {
        for suspicion in seen.of_others().filter(|suspicion| suspicion.of == absence.node) {
            evidence.count(NOTICED);
            let sure_ms = absence.from_ms + DETECT_MS;
            let over = seen.end_of(suspicion).filter(|until_ms| (sure_ms..seen.setup.end_ms).contains(until_ms));
            if let Some(until_ms) = over.filter(|_| !seen.is_away(suspicion.by, suspicion.until_ms)) {
                return Err(Breach::new(
                    format!(
                        "{} is down since {} ms, and {} stopped suspecting it at {until_ms} ms",
                        absence.node, absence.from_ms, suspicion.by
                    ),
                    format!("from {sure_ms} ms on it is suspected by everybody who is up, for good"),
                    seen.told(suspicion.by, suspicion.of),
                )
                .at(suspicion.at));
            }
        }
    }
    Ok(())
}

fn is_not_dead(seen: &Seen, _: &mut Evidence) -> Verdict {
    if seen.setup.nodes == schedules::MANY {
        return is_no_more_than_a_slip(seen);
    }
    match seen.of_others().find(|suspicion| suspicion.until_ms > LEARN_MS) {
        None => Ok(()),
        Some(wrong) => Err(seen.mistake(
            wrong,
            format!("nobody suspects anybody from {LEARN_MS} ms on: there was time to learn how slow messages are"),
        )),
    }
}

/// Among many nodes news takes ways that chance may make long.
fn is_no_more_than_a_slip(seen: &Seen) -> Verdict {
    let length_ms = |suspicion: &Suspicion| suspicion.until_ms.saturating_sub(suspicion.from_ms.max(START_MS));
    match seen.of_others().find(|suspicion| length_ms(suspicion) > SLIP_MS) {
        None => Ok(()),
        Some(wrong) => Err(seen.mistake(
            wrong,
            format!(
                "all {} nodes are up and messages are fast, so from {START_MS} ms on nobody is suspected for longer than \
                 {SLIP_MS} ms at a time",
                seen.setup.nodes
            ),
        )),
    }
}

fn gets_more_time(seen: &Seen, _: &mut Evidence) -> Verdict {
    for entry in &seen.entries {
        let Entry::Stutter { node, still_ms, span, .. } = entry else { continue };
        let learned_ms = span.from_ms + LEARN_MS;
        let late = |suspicion: &&Suspicion| suspicion.of == *node && suspicion.until_ms > learned_ms;
        if let Some(wrong) = seen.of_others().find(late) {
            return Err(seen.mistake(
                wrong,
                format!(
                    "from {learned_ms} ms on nobody suspects {node}: by then everybody had {LEARN_MS} ms to learn that it \
                     says nothing for {still_ms} ms now and then"
                ),
            ));
        }
    }
    Ok(())
}

/// As the others see it. What a node thinks that has stood still itself is the next promise's business.
fn goes_on(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for (node, from_ms, until_ms) in seen.pauses() {
        let trusted_ms = until_ms + TRUST_MS;
        let paused = |by| seen.pauses().any(|pause| pause.0 == by && pause.1 < trusted_ms);
        for suspicion in seen.of_others().filter(|suspicion| suspicion.of == node && !paused(suspicion.by)) {
            if (from_ms..until_ms).contains(&suspicion.from_ms) {
                evidence.count(ALIVE);
            }
            if suspicion.meets(trusted_ms, seen.calm_until_ms(trusted_ms)) {
                return Err(seen.mistake(
                    suspicion,
                    format!(
                        "{node} goes on at {until_ms} ms, so from {trusted_ms} ms on nobody suspects it ({TRUST_MS} ms later)"
                    ),
                ));
            }
        }
    }
    Ok(())
}

fn is_not_suspicious(seen: &Seen, _: &mut Evidence) -> Verdict {
    let pauses: Vec<_> = seen.pauses().collect();
    for (node, from_ms, until_ms) in &pauses {
        let of_somebody_awake = |suspicion: &&Suspicion| {
            let asleep = |(of, from_ms, until_ms): &(NodeId, u64, u64)| {
                *of == suspicion.of && (*from_ms..until_ms + TRUST_MS).contains(&suspicion.from_ms)
            };
            let just_awake = *from_ms..until_ms + TRUST_MS;
            suspicion.by == *node && just_awake.contains(&suspicion.from_ms) && !pauses.iter().any(asleep)
        };
        if let Some(wrong) = seen.of_others().find(of_somebody_awake) {
            return Err(seen.mistake(
                wrong,
                format!(
                    "{node} suspects nobody: it was {node} itself that stood still until {until_ms} ms, all the others \
                     were up and said so"
                ),
            ));
        }
    }
    Ok(())
}

fn is_back(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for absence in &seen.absences {
        let Some(back_ms) = absence.until_ms else { continue };
        let trusted_ms = back_ms + TRUST_MS;
        for suspicion in seen.of_others().filter(|suspicion| suspicion.of == absence.node) {
            if (suspicion.from_ms..=suspicion.until_ms).contains(&back_ms) {
                evidence.count(RETURNED);
            }
            if suspicion.meets(trusted_ms, seen.calm_until_ms(trusted_ms)) {
                return Err(seen.mistake(
                    suspicion,
                    format!(
                        "{} is back at {back_ms} ms, so from {trusted_ms} ms on nobody suspects it ({TRUST_MS} ms later)",
                        absence.node
                    ),
                ));
            }
        }
    }
    Ok(())
}

fn all_is_known(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    let settled_ms = seen.setup.heal_ms + SETTLE_MS;
    let end_ms = seen.setup.end_ms;
    let down: BTreeSet<NodeId> =
        seen.absences.iter().filter(|absence| absence.until_ms.is_none()).map(|absence| absence.node).collect();
    for suspicion in seen.of_others() {
        evidence.count(if seen.is_away(suspicion.of, suspicion.from_ms) { NOTICED } else { LIVES });
        if suspicion.until_ms > settled_ms && !down.contains(&suspicion.of) {
            let expected = format!(
                "{} is up, so nobody suspects it from {settled_ms} ms on, when {SETTLE_MS} ms have passed",
                suspicion.of
            );
            return Err(seen.mistake(suspicion, expected));
        }
    }
    let up = (0..seen.setup.nodes).map(NodeId::new).filter(|node| !down.contains(node));
    for (by, of) in up.flat_map(|by| down.iter().map(move |of| (by, *of))) {
        let sure = |suspicion: &Suspicion| {
            let the_one = suspicion.by == by && suspicion.of == of;
            the_one && suspicion.from_ms <= settled_ms && suspicion.until_ms == end_ms
        };
        if !seen.suspicions.iter().any(sure) {
            let breach = Breach::new(
                format!("{of} is down, and {by} did not suspect it all the time from {settled_ms} ms to the end"),
                format!(
                    "{by} suspects {of}: the last trouble was over at {} ms, {SETTLE_MS} ms before",
                    seen.setup.heal_ms
                ),
                seen.told(by, of),
            );
            return Err(match seen.remarked(by, of, &(settled_ms..=end_ms)) {
                Some(at) => breach.at(at),
                None => breach,
            });
        }
    }
    Ok(())
}

fn not_itself(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for suspicion in &seen.suspicions {
        if suspicion.by == suspicion.of {
            return Err(seen.mistake(
                suspicion,
                "whoever can suspect is alive: a node is never among its own suspects".to_owned(),
            ));
        }
        evidence.count(LIVES);
    }
    Ok(())
}

fn are_few(seen: &Seen, evidence: &mut Evidence) -> Verdict {
    for absence in &seen.absences {
        let by = seen.of_others().filter(|suspicion| suspicion.of == absence.node).map(|suspicion| suspicion.by);
        if by.collect::<BTreeSet<_>>().len() + 1 == seen.setup.nodes && seen.setup.nodes == schedules::MANY {
            evidence.count(ALL_NOTICED);
        }
    }
    let Some(squandered) = seen.squandered else { return Ok(()) };
    let from_ms = squandered.at_ms / WINDOW_MS * WINDOW_MS;
    Err(Breach::new(
        format!(
            "{} sent more than {} between {from_ms} ms and {} ms, as one of {} nodes",
            squandered.node,
            plural(MESSAGES_A_WINDOW, "message"),
            squandered.at_ms,
            seen.setup.nodes
        ),
        format!("at most {MESSAGES_A_WINDOW} from each node within {WINDOW_MS} ms, however many nodes there are"),
        format!("more than that within {} ms", squandered.at_ms - from_ms),
    )
    .at(squandered.at))
}

impl Seen {
    /// Suspicions of others. That nobody suspects itself is a promise of its own.
    fn of_others(&self) -> impl Iterator<Item = &Suspicion> {
        self.suspicions.iter().filter(|suspicion| suspicion.by != suspicion.of)
    }

    /// When the next thing goes wrong after a moment, or the run ends.
    fn calm_until_ms(&self, after_ms: u64) -> u64 {
        let pauses = self.pauses().map(|(_, from_ms, _)| from_ms);
        let next = pauses.chain(self.absences.iter().map(|absence| absence.from_ms));
        next.filter(|from_ms| *from_ms >= after_ms).min().unwrap_or(self.setup.end_ms)
    }

    fn is_away(&self, node: NodeId, at_ms: u64) -> bool {
        let covers =
            |absence: &Absence| absence.from_ms <= at_ms && absence.until_ms.is_none_or(|until_ms| at_ms < until_ms);
        self.absences.iter().any(|absence| absence.node == node && covers(absence))
    }

    /// When it was over, if it was before the run was.
    fn end_of(&self, suspicion: &Suspicion) -> Option<u64> {
        (suspicion.until_ms < self.setup.end_ms).then_some(suspicion.until_ms)
    }

    fn mistake(&self, wrong: &Suspicion, expected: String) -> Breach {
        let until = match self.end_of(wrong) {
            Some(until_ms) => format!("until {until_ms} ms"),
            None => format!("and still did when the run ended at {} ms", self.setup.end_ms),
        };
        let happened = format!("{} suspected {} from {} ms on, {until}", wrong.by, wrong.of, wrong.from_ms);
        let lasted = wrong.from_ms..=wrong.until_ms;
        let at = self.remarked(wrong.by, wrong.of, &lasted).unwrap_or(wrong.at);
        Breach::new(happened, expected, self.told(wrong.by, wrong.of)).at(at)
    }

    /// Where it was noted down, in this time, that an opinion should be another one by now.
    fn remarked(&self, by: NodeId, of: NodeId, when: &RangeInclusive<u64>) -> Option<EventId> {
        let about = |remark: &&Remark| remark.by == by && remark.of == of && when.contains(&remark.at_ms);
        self.remarks.iter().find(about).map(|remark| remark.at)
    }

    /// All that one node ever suspected another.
    fn told(&self, by: NodeId, of: NodeId) -> String {
        let times = self.suspicions.iter().filter(|suspicion| suspicion.by == by && suspicion.of == of);
        let times: Vec<String> = times
            .map(|suspicion| match self.end_of(suspicion) {
                Some(until_ms) => format!("from {} ms to {until_ms} ms", suspicion.from_ms),
                None => format!("from {} ms to the end", suspicion.from_ms),
            })
            .collect();
        if times.is_empty() {
            format!("{by} never suspected {of}")
        } else {
            format!("{by} suspected {of} {}", list_in_words(&times))
        }
    }
}
