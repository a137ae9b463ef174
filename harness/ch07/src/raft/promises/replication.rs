//! Step 2: a log that is the same everywhere. No node crashes here, for the disk is the next step.

use explore::{Breach, Evidence, Plan};
use harness::exercise::{Draw, Promise};
use harness::processes::evidence;
use rand::RngExt;
use sim::swarm::Kind;
use sim::{Fault, NodeId};

use super::{
    APPLIED, APPLY_MS, ELECTED, Schedule, Verdict, about, applied_in_time, calm_since, keeps, n, swarm, three_or_five,
};
use crate::raft::cluster::Servers;
use crate::raft::entries::{Act, Entry, Setup, Who, cut_off_leader, propose, step, stream};
use crate::raft::seen::{Answer, Law, Seen};

const ASKED_FOLLOWER: &str = "a follower of a known leader is asked for a command";
const REPLACED: &str = "entries of a log are replaced";

pub fn promises() -> Vec<Promise<Servers>> {
    vec![
        Promise {
            name: "a_command_is_applied_by_every_node",
            schedules: 16,
            needs: &[ELECTED, APPLIED],
            draw: nearly_calm,
            judge: |seen, counts| {
                keeps(seen, counts, &[])?;
                applied_in_time(seen, 0, APPLY_MS)
            },
        },
        Promise {
            name: "only_the_leader_takes_commands",
            schedules: 8,
            needs: &[ASKED_FOLLOWER],
            draw: everybody_asked,
            judge: takes_or_names_the_leader,
        },
        Promise {
            name: "commands_are_applied_in_order_and_once",
            schedules: 12,
            needs: &[APPLIED],
            draw: lossy_stream,
            judge: |seen, counts| keeps(seen, counts, &[Law::Order]),
        },
        Promise {
            name: "logs_that_agree_in_an_entry_agree_before_it",
            schedules: 16,
            needs: &[APPLIED, REPLACED],
            draw: strayed_leaders,
            judge: |seen, counts| {
                counts.count_many(REPLACED, seen.replaced);
                keeps(seen, counts, &[Law::Matching])
            },
        },
        Promise {
            name: "nothing_is_applied_before_a_majority_holds_it",
            schedules: 12,
            needs: &[APPLIED, evidence::CUT_OFF],
            draw: minorities,
            judge: |seen, counts| keeps(seen, counts, &[Law::Majority]),
        },
        Promise {
            name: "an_index_has_one_command",
            schedules: 16,
            needs: &[APPLIED, REPLACED],
            draw: rival_commands,
            judge: |seen, counts| {
                counts.count_many(REPLACED, seen.replaced);
                keeps(seen, counts, &[Law::OneCommand])
            },
        },
    ]
}

/// Some commands; here and there a single message is lost.
fn nearly_calm(draw: &mut Draw) -> Schedule {
    let nodes = three_or_five(draw);
    let mut entries = vec![stream(1_000, 6, 60)];
    if draw.index >= 2 {
        for (from, to) in [(1, 2), (2, 1), (1, 3), (3, 1), (2, 3), (3, 2)] {
            let nth = draw.random.random_range(14..30);
            entries.push(Entry::Fault(Fault::Lose { from: n(from), to: n(to), nth }));
        }
    }
    Plan { setup: Setup::of(nodes, 2_500), entries }
}

/// Every node is asked for a command, one after another: when things are calm, and when the leader has just been lost.
fn everybody_asked(draw: &mut Draw) -> Schedule {
    let nodes = three_or_five(draw);
    let asked = |number: usize| {
        let at_ms = 1_500 + 40 * number as u64;
        step(at_ms, Act::Propose { who: Who::Node(n(number)), count: 1, every_ms: 0 })
    };
    let mut entries: Vec<Entry> = (1..=nodes).map(asked).collect();
    if draw.index >= 4 {
        let often = |number| step(1_100, Act::Propose { who: Who::Node(n(number)), count: 40, every_ms: 9 });
        entries = (1..=nodes).map(often).collect();
        entries.push(cut_off_leader(1_000, 0, 10_000));
    }
    Plan { setup: Setup::of(nodes, 2_000), entries }
}

fn takes_or_names_the_leader(seen: &Seen, counts: &mut Evidence) -> Verdict {
    keeps(seen, counts, &[])?;
    for proposal in &seen.proposals {
        let calm = calm_since(seen, proposal.at_ms.saturating_sub(500));
        let leader = proposal.leader.filter(|_| calm);
        counts.count_many(ASKED_FOLLOWER, u64::from(leader.is_some_and(|leader| leader != proposal.node)));
        let at_once = |(at_ms, _): &&(u64, Answer)| *at_ms == proposal.at_ms;
        let answers: Vec<Answer> = proposal.answers.iter().filter(at_once).map(|(_, answer)| *answer).collect();
        let (node, command, at_ms) = (proposal.node, proposal.command, proposal.at_ms);
        let (fits, expected) = match (leads(seen, node, at_ms), leader) {
            (Some(true), _) => (answers == [Answer::Appended], in_words(Answer::Appended)),
            (Some(false), Some(leader)) => {
                let refused = Answer::Refused(Some(leader));
                (answers == [refused], in_words(refused))
            }
            (Some(false), None) => (matches!(answers[..], [Answer::Refused(_)]), "a refusal".to_owned()),
            (None, _) => (answers.len() == 1, "either an entry in its log or a refusal".to_owned()),
        };
        if !fits {
            let told: Vec<String> = answers.iter().map(|answer| in_words(*answer)).collect();
            let told = if told.is_empty() { "neither an entry nor a refusal".to_owned() } else { told.join(", and ") };
            let who = match proposal.leader {
                Some(leader) if leader == node => "it led".to_owned(),
                Some(leader) => format!("{leader} led"),
                None => "nobody led".to_owned(),
            };
            return Err(Breach::new(
                format!("{node} was asked for {command} at {at_ms} ms, when {who}, and what came of it was {told}"),
                expected,
                told,
            ));
        }
    }
    Ok(())
}

/// Whether a node led at that time; nothing if it began or ended just then.
fn leads(seen: &Seen, node: NodeId, at_ms: u64) -> Option<bool> {
    let mut reigns = seen.reigns.iter().filter(|reign| reign.node == node);
    let reign = reigns.find(|reign| reign.from_ms <= at_ms && reign.until_ms.is_none_or(|until_ms| until_ms >= at_ms));
    let Some(reign) = reign else { return Some(false) };
    (reign.from_ms < at_ms && reign.until_ms != Some(at_ms)).then_some(true)
}

fn in_words(answer: Answer) -> String {
    match answer {
        Answer::Appended => "an entry in its log".to_owned(),
        Answer::Refused(None) => "a refusal that names no leader".to_owned(),
        Answer::Refused(Some(leader)) => format!("a refusal that names {leader} as the leader"),
    }
}

/// Many commands over a network that is not to be relied on.
fn lossy_stream(draw: &mut Draw) -> Schedule {
    let mut entries = vec![stream(600, 20, 20)];
    if draw.index > 0 {
        entries.extend(swarm(draw, 3, &[Kind::Loss, Kind::Duplication, Kind::Delay], 1_200));
    }
    Plan { setup: Setup::of(3, 1_500), entries }
}

/// A leader that is cut off takes commands, while the others go on without it, under one leader and then another.
fn strayed_leaders(draw: &mut Draw) -> Schedule {
    let nodes = three_or_five(draw);
    let strayed = draw.random.random_range(2..=4);
    let mut entries = vec![
        cut_off_leader(800, 0, 1_200),
        propose(820, strayed),
        propose(1_400, 2),
        step(1_600, Act::Pause { who: Who::Leader, for_ms: about(draw, 400, 500) }),
    ];
    if draw.index >= 4 {
        entries.extend(swarm(draw, nodes, &[Kind::Loss, Kind::Delay, Kind::Split], 2_200));
    }
    Plan { setup: Setup::of(nodes, 0).healed(2_300), entries }
}

/// A leader that is cut off with too few takes commands.
fn minorities(draw: &mut Draw) -> Schedule {
    let nodes = three_or_five(draw);
    let mut entries =
        vec![propose(700, 2), cut_off_leader(about(draw, 850, 950), nodes / 2 - 1, 700), propose(1_000, 3)];
    if draw.index >= 4 {
        entries.extend(swarm(draw, nodes, &[Kind::Loss, Kind::Duplication, Kind::Delay], 1_600));
    }
    Plan { setup: Setup::of(nodes, 2_200), entries }
}

/// Two leaders take commands for the same places in the log, and then the network heals.
fn rival_commands(draw: &mut Draw) -> Schedule {
    let nodes = three_or_five(draw);
    let strayed = draw.random.random_range(2..=5);
    let chosen = draw.random.random_range(1..=5);
    let mut entries =
        vec![cut_off_leader(800, 0, about(draw, 1_000, 1_200)), propose(820, strayed), propose(1_500, chosen)];
    if draw.index >= 4 {
        entries.extend(swarm(draw, nodes, &[Kind::Loss, Kind::Duplication, Kind::Delay], 2_000));
    }
    Plan { setup: Setup::of(nodes, 2_600), entries }
}
