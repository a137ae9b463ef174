//! Step 1: a leader.

use explore::{Breach, Evidence, Plan};
use harness::exercise::{Draw, Promise};
use harness::processes::evidence;
use rand::RngExt;
use sim::swarm::Kind;
use sim::{Fault, Span};

use super::{ELECTED, ELECTION_MS, Schedule, Verdict, about, another_leads, deposed, keeps, n, swarm, three_or_five};
use crate::raft::cluster::Servers;
use crate::raft::entries::{Act, Entry, Setup, Who, crash, cut_off_leader, step};
use crate::raft::seen::{Law, Seen};

const DEPOSED: &str = "a leader comes back after another was elected";
const SUCCEEDED: &str = "a leader follows a lost one";

pub fn promises() -> Vec<Promise<Servers>> {
    vec![
        Promise {
            name: "a_leader_is_elected_and_stays",
            schedules: 12,
            needs: &[ELECTED],
            draw: calm,
            judge: elected_and_stays,
        },
        Promise {
            name: "a_leader_has_the_votes_of_a_majority",
            schedules: 20,
            needs: &[ELECTED, evidence::DUPLICATED, evidence::CUT_OFF],
            draw: repeated_votes,
            judge: |seen, counts| keeps(seen, counts, &[Law::Votes]),
        },
        Promise {
            name: "a_term_has_one_leader",
            schedules: 16,
            needs: &[ELECTED, evidence::CUT_OFF],
            draw: rivals,
            judge: |seen, counts| keeps(seen, counts, &[Law::OneLeader, Law::OneVote]),
        },
        Promise {
            name: "a_new_leader_follows_a_lost_one",
            schedules: 10,
            needs: &[SUCCEEDED],
            draw: lost_leaders,
            judge: succession,
        },
        Promise {
            name: "an_old_leader_steps_down",
            schedules: 8,
            needs: &[DEPOSED],
            draw: returning_leaders,
            judge: steps_down,
        },
    ]
}

/// Nothing fails. Clocks may differ, for none of them matters.
fn calm(draw: &mut Draw) -> Schedule {
    let nodes = three_or_five(draw);
    let entries = if draw.index < 4 { Vec::new() } else { swarm(draw, nodes, &[Kind::Clock, Kind::Drift], 3_000) };
    Plan { setup: Setup::of(nodes, 5_000), entries }
}

/// How long it may take until all have heard of the first leader.
const SETTLED_MS: u64 = 1_000;

fn elected_and_stays(seen: &Seen, counts: &mut Evidence) -> Verdict {
    keeps(seen, counts, &[])?;
    let Some(first) = seen.reigns.first().filter(|first| first.from_ms <= ELECTION_MS) else {
        let last = seen.terms.last();
        let breach = Breach::new(
            format!("nothing fails, and {ELECTION_MS} ms after the start nobody leads"),
            format!("a leader by {ELECTION_MS} ms"),
            format!("at {} ms {}", seen.ended_ms, seen.standing()),
        );
        return Err(last.map_or(breach.clone(), |taken| breach.at(taken.event)));
    };
    let since_ms = first.from_ms + SETTLED_MS;
    if let Some(taken) = seen.terms.iter().find(|taken| taken.at_ms > since_ms) {
        return Err(Breach::new(
            format!(
                "{} took up term {} at {} ms, although {} led and nothing failed",
                taken.node, taken.term, taken.at_ms, first.node
            ),
            format!("no new term from {since_ms} ms on"),
            format!("{} elections in {} ms", seen.reigns.len(), seen.ended_ms),
        )
        .at(taken.event));
    }
    if seen.reigns.last().is_some_and(|last| last.until_ms.is_some()) {
        return Err(Breach::new(
            "the last leader gave up, although nothing failed",
            "a leader that stays",
            format!("at {} ms {}", seen.ended_ms, seen.standing()),
        ));
    }
    Ok(())
}

/// Votes that arrive twice where too few can vote, and votes that arrive when their term is over.
fn repeated_votes(draw: &mut Draw) -> Schedule {
    let until = |until_ms| Span::new(0, until_ms);
    let few = |side| Entry::Fault(Fault::Split { side, span: until(2_000) });
    match draw.index {
        0 | 1 => {
            let twice = Entry::Fault(Fault::Duplicating { percent: 100, span: until(2_000) });
            Plan { setup: Setup::of(5, 2_000), entries: vec![few(vec![n(1), n(2)]), twice] }
        }
        2..12 => {
            let late = Entry::Fault(Fault::SlowLink { from: n(2), to: n(1), by_ms: 400, span: until(2_000) });
            let lost = (2..6).map(|nth| Entry::Fault(Fault::Lose { from: n(1), to: n(2), nth }));
            Plan { setup: Setup::of(3, 2_000), entries: [few(vec![n(3)]), late].into_iter().chain(lost).collect() }
        }
        _ => {
            let mut entries = swarm(draw, 5, &Kind::NETWORK, 2_000);
            let share = draw.random.random_range(30..=100);
            entries.push(Entry::Fault(Fault::Duplicating { percent: share, span: until(2_000) }));
            Plan { setup: Setup::of(5, 2_000), entries }
        }
    }
}

/// Nodes that stand for election without hearing of each other, before the same voters.
fn rivals(draw: &mut Draw) -> Schedule {
    let apart = |a, b| Entry::Fault(Fault::Flapping { a, b, period_ms: 2_000, span: Span::new(0, 2_000) });
    match draw.index {
        0 | 1 => Plan { setup: Setup::of(3, 2_000), entries: vec![apart(n(1), n(2))] },
        2 | 3 => {
            let entries = vec![apart(n(1), n(2)), apart(n(1), n(3)), apart(n(2), n(3))];
            Plan { setup: Setup::of(5, 2_000), entries }
        }
        _ => {
            let nodes = three_or_five(draw);
            let mut entries = swarm(draw, nodes, &Kind::NETWORK, 2_000);
            entries.push(cut_off_leader(about(draw, 400, 1_500), 0, about(draw, 200, 600)));
            Plan { setup: Setup::of(nodes, 2_500), entries }
        }
    }
}

/// The leader is lost, once or twice.
fn lost_leaders(draw: &mut Draw) -> Schedule {
    let nodes = three_or_five(draw);
    let lost = |at_ms, way| match way {
        0 => crash(at_ms, Who::Leader, 10_000),
        1 => cut_off_leader(at_ms, 0, 10_000),
        2 => step(at_ms, Act::Mute { who: Who::Leader, for_ms: 10_000 }),
        _ => step(at_ms, Act::Pause { who: Who::Leader, for_ms: 10_000 }),
    };
    let mut entries = vec![lost(about(draw, 700, 900), draw.index / 2 % 4)];
    if draw.index % 4 < 2 {
        // Whoever stands now is not elected, and has to stand again.
        let calm_ms = about(draw, 1_400, 1_800);
        entries.push(Entry::Fault(Fault::Lossy { percent: 100, span: Span::new(1_000, calm_ms) }));
        return Plan { setup: Setup { calm_ms, ..Setup::of(nodes, 5_500) }, entries };
    }
    if nodes == 5 {
        entries.push(lost(about(draw, 2_000, 2_200), (draw.index / 2 + 1) % 4));
    }
    Plan { setup: Setup::of(nodes, 5_500), entries }
}

fn succession(seen: &Seen, counts: &mut Evidence) -> Verdict {
    let followed = seen.losses.iter().filter(|loss| seen.reigns.iter().any(|reign| reign.from_ms > loss.from_ms));
    counts.count_many(SUCCEEDED, followed.count() as u64);
    keeps(seen, counts, &[])?;
    another_leads(seen)
}

/// The leader is cut off until another is elected, and comes back.
fn returning_leaders(draw: &mut Draw) -> Schedule {
    let nodes = three_or_five(draw);
    let with = if nodes == 5 { draw.random.random_range(0..=1) } else { 0 };
    let entries = vec![cut_off_leader(about(draw, 700, 900), with, about(draw, 900, 1_200))];
    Plan { setup: Setup::of(nodes, 3_200), entries }
}

/// How long a leader of an earlier term may go on when it can hear of a later one.
const STEP_DOWN_MS: u64 = 500;

fn steps_down(seen: &Seen, counts: &mut Evidence) -> Verdict {
    keeps(seen, counts, &[])?;
    for loss in &seen.losses {
        let by_ms = loss.until_ms + STEP_DOWN_MS;
        let Some(reign) = deposed(seen, loss).filter(|_| by_ms <= seen.ended_ms) else { continue };
        counts.count(DEPOSED);
        if reign.until_ms.is_some_and(|until_ms| until_ms <= by_ms) {
            continue;
        }
        let breach = Breach::new(
            format!(
                "{} could reach the others again at {} ms and still leads in term {}",
                reign.node, loss.until_ms, reign.term
            ),
            format!("it follows by {by_ms} ms: a message of a later term ends every role of an earlier one"),
            format!("at {} ms {}", seen.ended_ms, seen.standing()),
        );
        let later = seen.reigns.iter().find(|other| other.term > reign.term);
        return Err(later.map_or(breach.clone(), |other| breach.at(other.event)));
    }
    Ok(())
}
