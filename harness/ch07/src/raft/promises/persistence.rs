//! Step 3: what survives a crash.

use explore::{Evidence, Plan};
use harness::exercise::{Draw, Promise};
use harness::processes::evidence;
use rand::RngExt;
use sim::disk::Keep;
use sim::swarm::Kind;
use sim::{Fault, Span, When};

use super::{APPLIED, ELECTED, Schedule, Verdict, about, keeps, n, one_of, recovers, swarm, three_or_five};
use crate::raft::cluster::Servers;
use crate::raft::entries::{Act, Entry, Setup, Who, crash, cut_off_leader, step, stream};
use crate::raft::seen::{Law, Seen};

const VOTER_BACK: &str = "a node that has voted comes back";
const LOG_BACK: &str = "a node with entries in its log comes back";
const APPLIED_AGAIN: &str = "a node applies a command again after a crash";

pub fn promises() -> Vec<Promise<Servers>> {
    vec![
        Promise {
            name: "a_crash_changes_neither_term_nor_vote_nor_log",
            schedules: 15,
            needs: &[ELECTED, VOTER_BACK, LOG_BACK],
            draw: crashes_between_handlers,
            judge: remembers,
        },
        Promise {
            name: "nobody_hears_of_anything_before_it_is_on_the_disk",
            schedules: 40,
            needs: &[ELECTED, APPLIED, evidence::RESTARTED],
            draw: crashes_within_handlers,
            judge: |seen, counts| keeps(seen, counts, &[Law::Votes, Law::Majority, Law::OneLeader, Law::OneCommand]),
        },
        Promise {
            name: "after_a_crash_the_log_is_applied_from_the_beginning",
            schedules: 10,
            needs: &[APPLIED_AGAIN],
            draw: restarts,
            judge: applies_again,
        },
        Promise {
            name: "commands_survive_a_crash_of_every_node",
            schedules: 24,
            needs: &[APPLIED, APPLIED_AGAIN, evidence::WRITE_LOST],
            draw: crashes_of_all,
            judge: survives,
        },
    ]
}

/// Nodes crash at times, in no handler.
fn crashes_between_handlers(draw: &mut Draw) -> Schedule {
    let nodes = if draw.index < 12 { three_or_five(draw) } else { 5 };
    let mut entries = vec![stream(700, 12, 30)];
    match draw.index {
        0 | 1 => entries.push(crash(about(draw, 400, 500), Who::Everybody, 40)),
        2 | 3 => entries.push(crash(about(draw, 900, 1_000), Who::Everybody, 40)),
        12.. => {
            // Two of five ask each other for votes and are not elected: a vote is the last thing on their disks.
            let apart = Entry::Fault(Fault::Split { side: vec![n(1), n(2)], span: Span::new(0, 1_400) });
            entries.extend([apart, crash(about(draw, 400, 1_200), Who::Everybody, 40)]);
        }
        _ => {
            for who in [Who::Leader, Who::Follower, Who::Everybody] {
                entries.push(crash(about(draw, 300, 1_200), who, about(draw, 5, 300)));
            }
            entries.extend(swarm(draw, nodes, &[Kind::Loss, Kind::Delay, Kind::Split], 1_400));
        }
    }
    Plan { setup: Setup::of(nodes, 1_800), entries }
}

fn remembers(seen: &Seen, counts: &mut Evidence) -> Verdict {
    counts.count_many(VOTER_BACK, seen.voters_back);
    counts.count_many(LOG_BACK, seen.logs_back);
    keeps(seen, counts, &[Law::Memory])
}

fn crash_within(draw: &mut Draw, node: usize, most: u32, keep: Keep) -> Entry {
    let nth = draw.random.random_range(1..=most);
    let when = match draw.random.random_range(0..6) {
        0..3 => When::BeforeSync(nth),
        3 => When::AfterSync(nth),
        4 => When::BeforeSend(nth),
        _ => When::BeforeOutput(nth),
    };
    Entry::Fault(Fault::Crash { node: n(node), when, back_after_ms: Some(about(draw, 20, 120)), keep })
}

/// The first schedules crash nodes just before their first sync, their second, and so on up to this one.
const EVERY_SYNC: u64 = 16;

/// Of three nodes one is cut off, so that every vote and every copy counts, and the other two crash within handlers.
fn crashes_within_handlers(draw: &mut Draw) -> Schedule {
    let apart = Entry::Fault(Fault::Split { side: vec![n(3)], span: Span::new(0, 1_800) });
    let mut entries = vec![apart, stream(0, 8, 40)];
    if draw.index < EVERY_SYNC {
        let when = When::BeforeSync(draw.index as u32 + 1);
        let crash = |number| Fault::Crash { node: n(number), when, back_after_ms: Some(30), keep: Keep::Nothing };
        entries.extend([1, 2].map(crash).map(Entry::Fault));
    } else {
        let most = one_of(draw, &[3, 5, 14]);
        let keep = one_of(draw, &[Keep::Nothing, Keep::Nothing, Keep::First(1), Keep::FirstThenTorn(0)]);
        for node in [1, 2] {
            let crash = crash_within(draw, node, most, keep);
            entries.push(crash);
        }
    }
    Plan { setup: Setup::of(3, 2_000), entries }
}

/// Nodes come back and find a log.
fn restarts(draw: &mut Draw) -> Schedule {
    let nodes = three_or_five(draw);
    let who = one_of(draw, &[Who::Leader, Who::Follower, Who::Everybody]);
    let entries = vec![stream(700, 6, 30), crash(about(draw, 1_000, 1_200), who, about(draw, 20, 300))];
    Plan { setup: Setup::of(nodes, 0).healed(1_500), entries }
}

fn again(seen: &Seen) -> u64 {
    let again = seen.applied.iter().enumerate().filter(|(place, applied)| {
        seen.applied[..*place].iter().any(|before| before.node == applied.node && before.index == applied.index)
    });
    again.count() as u64
}

fn applies_again(seen: &Seen, counts: &mut Evidence) -> Verdict {
    counts.count_many(APPLIED_AGAIN, again(seen));
    keeps(seen, counts, &[Law::Order])
}

/// Everybody crashes, some of them while they write; and once more.
fn crashes_of_all(draw: &mut Draw) -> Schedule {
    let mut entries = vec![stream(700, 14, 40)];
    for node in 1..=3 {
        let nth = draw.random.random_range(4..10);
        let keep = Keep::FirstThenTorn(0);
        let back_after_ms = Some(about(draw, 5, 40));
        entries.push(Entry::Fault(Fault::Crash { node: n(node), when: When::BeforeSync(nth), back_after_ms, keep }));
    }
    let mut at_ms = about(draw, 1_400, 1_600);
    if draw.index >= 4 {
        // Whoever leads by now has most likely had a torn record in its log. It strays, is put right, and crashes again.
        entries.push(cut_off_leader(about(draw, 950, 1_050), 0, 350));
        at_ms += 150;
    }
    entries.push(step(at_ms, Act::Crash { who: Who::Everybody, for_ms: 50, keep: Keep::FirstThenTorn(0) }));
    Plan { setup: Setup::of(3, 0).healed(1_800), entries }
}

fn survives(seen: &Seen, counts: &mut Evidence) -> Verdict {
    counts.count_many(APPLIED_AGAIN, again(seen));
    keeps(seen, counts, &[Law::Memory, Law::Complete, Law::OneCommand])?;
    recovers(seen)
}
