//! Step 4: what is left to go wrong when everything seems to work.

use explore::{Breach, Evidence, Plan};
use harness::exercise::{Draw, Promise};
use harness::processes::evidence;
use rand::RngExt;
use sim::swarm::Kind;
use sim::{Fault, Span};

use super::{
    APPLIED, ELECTED, Schedule, Verdict, about, another_leads, applied_in_time, applied_ms, keeps, n, recovers, swarm,
    three_or_five,
};
use crate::raft::cluster::Servers;
use crate::raft::entries::{Act, Entry, Setup, Who, crash, cut_off_leader, propose, step, stream};
use crate::raft::seen::{Law, Seen};

const INHERITED: &str = "a leader is elected after another, and commands are applied";
const MENDED: &str = "a leader that strayed comes back";
const RECOVERED: &str = "every node applies a new command after the last fault";

pub fn promises() -> Vec<Promise<Servers>> {
    vec![
        Promise {
            name: "an_entry_of_an_old_term_is_not_committed_by_counting",
            schedules: 20,
            needs: &[APPLIED, INHERITED],
            draw: figure_8,
            judge: |seen, counts| {
                inherited(seen, counts);
                keeps(seen, counts, &[Law::Committed])
            },
        },
        Promise {
            name: "a_leader_holds_everything_that_was_applied",
            schedules: 16,
            needs: &[APPLIED, INHERITED],
            draw: long_and_old,
            judge: |seen, counts| {
                inherited(seen, counts);
                keeps(seen, counts, &[Law::Complete])
            },
        },
        Promise {
            name: "what_comes_late_takes_nothing_back",
            schedules: 16,
            needs: &[APPLIED, evidence::OVERTAKEN, evidence::DUPLICATED],
            draw: late_messages,
            judge: |seen, counts| keeps(seen, counts, &[Law::Kept]),
        },
        Promise {
            name: "a_node_that_cannot_win_keeps_nobody_from_winning",
            schedules: 6,
            needs: &[ELECTED, APPLIED, evidence::CRASHED],
            draw: troublemaker,
            judge: |seen, counts| {
                keeps(seen, counts, &[])?;
                another_leads(seen)
            },
        },
        Promise {
            name: "a_long_conflict_is_mended_in_time",
            schedules: 2,
            needs: &[MENDED],
            draw: long_conflict,
            judge: mended,
        },
        Promise {
            name: "what_has_arrived_is_not_sent_again",
            schedules: 2,
            needs: &[APPLIED],
            draw: narrow_links,
            judge: |seen, counts| {
                keeps(seen, counts, &[])?;
                applied_in_time(seen, NARROW_FROM_MS, NARROW_APPLY_MS)
            },
        },
        Promise {
            name: "commands_are_applied_again_after_the_last_fault",
            schedules: 24,
            needs: &[RECOVERED, evidence::RESTARTED, evidence::CUT_OFF],
            draw: anything,
            judge: |seen, counts| {
                counts.count_many(RECOVERED, u64::from(seen.recovered_ms.is_some()));
                keeps(seen, counts, &[])?;
                recovers(seen)
            },
        },
    ]
}

fn inherited(seen: &Seen, counts: &mut Evidence) {
    let leaders = seen.reigns.len();
    counts.count_many(INHERITED, u64::from(leaders > 1 && !seen.applied.is_empty()));
}

/// Figure 8 of the paper: an entry of a minority outlives its leader, and a later leader spreads it.
fn figure_8(draw: &mut Draw) -> Schedule {
    let (with, for_ms) = (1, about(draw, 900, 1_100));
    let mut entries = vec![
        cut_off_leader(800, with, for_ms),
        propose(820, 1),
        crash(800 + for_ms - about(draw, 5, 60), Who::Leader, 900),
    ];
    if draw.index >= 8 {
        entries.extend(swarm(draw, 5, &[Kind::Loss, Kind::Delay, Kind::Crash], 2_000));
    }
    Plan { setup: Setup::of(5, 0).healed(2_900), entries }
}

/// A log that is long and old against one that is short and new; and two of the same term, of which one is shorter.
fn long_and_old(draw: &mut Draw) -> Schedule {
    if draw.index % 2 == 1 {
        let for_ms = about(draw, 500, 900);
        let behind = step(800, Act::CutOff { who: Who::Follower, with: 0, for_ms });
        let entries = vec![propose(700, 1), behind, propose(820, 3), crash(795 + for_ms, Who::Leader, 1_000)];
        return Plan { setup: Setup::of(3, 2_700), entries };
    }
    let for_ms = about(draw, 900, 1_100);
    let (at_ms, strayed) = (800 + for_ms, draw.random.random_range(3..=6));
    let mut entries = vec![
        cut_off_leader(800, 0, for_ms),
        propose(820, strayed),
        propose(at_ms - 300, 1),
        crash(at_ms - about(draw, 5, 30), Who::Leader, 1_000),
    ];
    if draw.index >= 6 {
        entries.extend(swarm(draw, 3, &[Kind::Loss, Kind::Delay, Kind::Crash], 2_000));
    }
    Plan { setup: Setup::of(3, 3_000), entries }
}

/// Messages that overtake each other, come twice, or come from a leader of an earlier term.
fn late_messages(draw: &mut Draw) -> Schedule {
    let span = Span::new(700, 1_400);
    let jittery = Entry::Fault(Fault::Jittery { up_to_ms: about(draw, 30, 80), span });
    let twice = Entry::Fault(Fault::Duplicating { percent: 50, span });
    match draw.index {
        0 | 1 => Plan { setup: Setup::of(3, 1_600), entries: vec![stream(700, 20, 8), jittery, twice] },
        2 | 3 => {
            // The commands wait for the leader, and it does not know what has happened in between.
            let sleeps = step(800, Act::Pause { who: Who::Leader, for_ms: 900 });
            let entries = vec![sleeps, propose(820, 2), propose(1_500, 2)];
            Plan { setup: Setup::of(3, 2_200), entries }
        }
        _ => {
            let nodes = three_or_five(draw);
            let mut entries = vec![stream(700, 20, 20), jittery];
            entries.push(cut_off_leader(about(draw, 800, 1_000), 0, about(draw, 500, 900)));
            entries.extend(swarm(draw, nodes, &[Kind::Delay, Kind::Duplication, Kind::Pause], 1_800));
            Plan { setup: Setup::of(nodes, 2_200), entries }
        }
    }
}

/// A node that has missed a command, with a clock that runs twice as fast, after the leader is lost: of the two that
/// are left only the other one can win.
fn troublemaker(draw: &mut Draw) -> Schedule {
    let back_ms = about(draw, 1_200, 1_400);
    let entries = vec![
        Entry::Fault(Fault::Split { side: vec![n(3)], span: Span::new(0, back_ms) }),
        Entry::Fault(Fault::Drift { node: n(3), ppm: 1_000_000 }),
        propose(800, 1),
        crash(back_ms - 10, Who::Leader, 10_000),
    ];
    Plan { setup: Setup::of(3, back_ms + 3_100), entries }
}

/// How long the log is that strayed, and the one that it missed.
const STRAYED: u32 = 150;

/// How soon it is mended, in milliseconds.
const MEND_MS: u64 = 1_000;

fn long_conflict(draw: &mut Draw) -> Schedule {
    let for_ms = about(draw, 1_600, 1_700);
    let entries = vec![
        cut_off_leader(800, 0, for_ms),
        propose(820, STRAYED),
        propose(1_500, STRAYED),
        // The next leader knows nothing of how far the others' logs go.
        crash(1_800, Who::Leader, 100),
        stream(800 + for_ms, 20, 60),
    ];
    Plan { setup: Setup::of(3, 800 + for_ms + 2 * MEND_MS), entries }
}

fn mended(seen: &Seen, counts: &mut Evidence) -> Verdict {
    keeps(seen, counts, &[])?;
    let Some(loss) = seen.losses.first() else { return Ok(()) };
    let Some(leader) = seen.reigns.iter().rfind(|reign| reign.node != loss.node) else { return Ok(()) };
    let missed = seen
        .proposals
        .iter()
        .filter(|proposal| applied_ms(seen, leader.node, proposal).is_some_and(|at_ms| at_ms <= loss.until_ms));
    let by_ms = leader.from_ms.max(loss.until_ms) + MEND_MS;
    if seen.ended_ms < by_ms {
        return Ok(());
    }
    counts.count_many(MENDED, missed.clone().count() as u64);
    let late = |proposal: &&_| applied_ms(seen, loss.node, proposal).is_none_or(|at_ms| at_ms > by_ms);
    let all = missed.clone().count();
    let lacking = missed.filter(late).count();
    if lacking == 0 {
        return Ok(());
    }
    Err(Breach::new(
        format!(
            "{} reached its leader, {}, at {} ms, and {MEND_MS} ms later it had not applied {lacking} of the {all} commands that it had missed",
            loss.node, leader.node, loss.until_ms
        ),
        format!("all of them by {by_ms} ms: a round trip takes 11 ms on average, so not one for each entry"),
        format!("at {} ms {}", seen.ended_ms, seen.standing()),
    ))
}

/// When links become narrow, in milliseconds.
const NARROW_FROM_MS: u64 = 1_300;

/// How long a command may take over them, in milliseconds.
const NARROW_APPLY_MS: u64 = 1_000;

fn narrow_links(_: &mut Draw) -> Schedule {
    let narrow = |number| {
        let span = Span::new(NARROW_FROM_MS, 10_000);
        Entry::Fault(Fault::Narrow { node: n(number), bytes_per_s: 4_000, span })
    };
    let mut entries = vec![propose(700, STRAYED), stream(NARROW_FROM_MS, 8, 150)];
    entries.extend((1..=3).map(narrow));
    Plan { setup: Setup::of(3, 3_600), entries }
}

/// Whatever can go wrong, until it is over.
fn anything(draw: &mut Draw) -> Schedule {
    let nodes = three_or_five(draw);
    let mut entries = vec![stream(500, 20, 50)];
    if draw.index < 4 {
        // The last of three leaders finds a log that has strayed, and does not know where.
        let strayed = [cut_off_leader(800, 0, 1_150), propose(820, 3), propose(1_400, 2)];
        entries.extend(strayed);
        entries.push(crash(1_650, Who::Leader, 100));
    } else {
        entries.extend(swarm(draw, nodes, &Kind::ANY, 1_900));
        entries.push(cut_off_leader(about(draw, 700, 1_200), 0, 500));
        entries.push(crash(about(draw, 700, 1_800), Who::Follower, 300));
    }
    Plan { setup: Setup::of(nodes, 0).healed(2_000), entries }
}
