//! What is promised, in the order in which Raft is built: leaders, then logs, then disks, then what is left to go wrong.

mod awkward;
mod election;
mod persistence;
mod replication;

use explore::{Breach, Evidence, Plan};
use harness::exercise::{Draw, Promise};
use rand::RngExt;
use rand::seq::IndexedRandom;
use sim::swarm::Kind;
use sim::{NodeId, Swarm};

use super::cluster::Servers;
use super::entries::{Entry, Setup};
use super::seen::{Answer, Applied, Law, Loss, Proposal, Reign, Seen};

type Verdict = Result<(), Breach>;
type Schedule = Plan<Setup, Entry>;

/// How long the nodes may be without a leader, in milliseconds.
const ELECTION_MS: u64 = 3_000;

/// How long everybody may take to apply a command on a calm network, in milliseconds.
const APPLY_MS: u64 = 500;

const ELECTED: &str = "a leader is elected";
const APPLIED: &str = "a command is applied";

/// Every promise of the contract.
pub fn all() -> Vec<Promise<Servers>> {
    [election::promises(), replication::promises(), persistence::promises(), awkward::promises()]
        .into_iter()
        .flatten()
        .collect()
}

fn n(number: usize) -> NodeId {
    NodeId::new(number - 1)
}

/// Three nodes in even schedules, five in odd ones.
fn three_or_five(draw: &Draw) -> usize {
    if draw.index.is_multiple_of(2) { 3 } else { 5 }
}

/// Faults of these kinds before `until_ms`.
fn swarm(draw: &mut Draw, nodes: usize, kinds: &[Kind], until_ms: u64) -> Vec<Entry> {
    let swarm = Swarm::of(nodes, kinds, until_ms);
    swarm.draw(&mut draw.random).into_iter().map(Entry::Fault).collect()
}

/// A time in this range of milliseconds.
fn about(draw: &mut Draw, from_ms: u64, until_ms: u64) -> u64 {
    draw.random.random_range(from_ms..until_ms)
}

fn one_of<T: Copy>(draw: &mut Draw, choices: &[T]) -> T {
    *choices.choose(&mut draw.random).expect("there is something to choose from")
}

/// Nobody breaks these laws. Counts what every run is about.
fn keeps(seen: &Seen, counts: &mut Evidence, laws: &[Law]) -> Verdict {
    counts.count_many(ELECTED, seen.reigns.len() as u64);
    counts.count_many(APPLIED, seen.applied.len() as u64);
    seen.breach_of(laws)
}

/// Whether no node has taken up a term since that time.
fn calm_since(seen: &Seen, at_ms: u64) -> bool {
    seen.terms.iter().all(|taken| taken.at_ms < at_ms)
}

/// When a leader appended a command, if one did.
fn appended_ms(proposal: &Proposal) -> Option<u64> {
    proposal.answers.iter().find(|(_, answer)| *answer == Answer::Appended).map(|(at_ms, _)| *at_ms)
}

/// When a node applied a command for the first time.
fn applied_ms(seen: &Seen, node: NodeId, proposal: &Proposal) -> Option<u64> {
    let mine = |applied: &&Applied| applied.node == node && applied.command == proposal.command;
    seen.applied.iter().find(mine).map(|applied| applied.at_ms)
}

/// Every node applies what was appended at or after `from_ms` within `bound_ms`; counts those that were.
fn applied_in_time(seen: &Seen, from_ms: u64, bound_ms: u64) -> Verdict {
    for proposal in seen.proposals.iter().filter(|proposal| proposal.at_ms >= from_ms) {
        let Some(at_ms) = appended_ms(proposal).filter(|at_ms| at_ms + bound_ms <= seen.ended_ms) else { continue };
        if !calm_since(seen, at_ms) {
            continue;
        }
        let nodes = (0..seen.setup.nodes).map(NodeId::new);
        let late = |node: &NodeId| applied_ms(seen, *node, proposal).is_none_or(|when_ms| when_ms > at_ms + bound_ms);
        let Some(node) = nodes.clone().find(late) else { continue };
        let command = proposal.command;
        let told = |node| match applied_ms(seen, node, proposal) {
            Some(at_ms) => format!("{node} applied it at {at_ms} ms"),
            None => format!("{node} never applied it"),
        };
        let all: Vec<String> = nodes.map(told).collect();
        return Err(Breach::new(
            format!("{}, which leads, appended {command} at {at_ms} ms, and {}", proposal.node, told(node)),
            format!("every node applies it by {} ms", at_ms + bound_ms),
            format!("{}; at the end: {}", all.join(", "), seen.standing()),
        ));
    }
    Ok(())
}

/// After the healing, everybody applies something new in time.
fn recovers(seen: &Seen) -> Verdict {
    let Some(heal_ms) = seen.setup.heal_ms else { return Ok(()) };
    if seen.recovered_ms.is_some_and(|at_ms| at_ms <= heal_ms + ELECTION_MS) {
        return Ok(());
    }
    let when = seen.recovered_ms.map_or("never".to_owned(), |at_ms| format!("only at {at_ms} ms"));
    let breach = Breach::new(
        format!("all faults were over at {heal_ms} ms, and the last node to apply a new command did so {when}"),
        format!("every node has applied a new command by {} ms", heal_ms + ELECTION_MS),
        format!("at {} ms {}", seen.ended_ms, seen.standing()),
    );
    Err(seen.reigns.last().map_or(breach.clone(), |reign| breach.at(reign.event)))
}

/// After a node was lost that led, another leads in time.
fn another_leads(seen: &Seen) -> Verdict {
    for loss in &seen.losses {
        let led = |reign: &&Reign| reign.node == loss.node && reign.from_ms <= loss.from_ms;
        let next = |reign: &&Reign| reign.node != loss.node && reign.from_ms >= loss.from_ms;
        let Some(reign) = seen.reigns.iter().rfind(led) else { continue };
        let by_ms = loss.from_ms.max(seen.setup.calm_ms) + ELECTION_MS;
        let elected_ms = seen
            .reigns
            .iter()
            .find(|reign| next(reign) && reign.until_ms.is_none_or(|at_ms| at_ms > seen.setup.calm_ms))
            .map(|reign| reign.from_ms);
        if seen.ended_ms < by_ms || elected_ms.is_some_and(|at_ms| at_ms <= by_ms) {
            continue;
        }
        let when =
            elected_ms.map_or("nobody was elected".to_owned(), |at_ms| format!("a leader was elected at {at_ms} ms"));
        let last = seen.terms.last().map_or(reign.event, |taken| taken.event);
        return Err(Breach::new(
            format!("{}, which led in term {}, was lost at {} ms, and {when}", reign.node, reign.term, loss.from_ms),
            format!("another leader by {by_ms} ms: a majority is up and can talk"),
            format!("at {} ms {}", seen.ended_ms, seen.standing()),
        )
        .at(last));
    }
    Ok(())
}

/// Whether that node led when it was lost, and came back after another was elected in a later term.
fn deposed<'a>(seen: &'a Seen, loss: &Loss) -> Option<&'a Reign> {
    let led = |reign: &&Reign| {
        reign.node == loss.node
            && reign.from_ms <= loss.from_ms
            && reign.until_ms.is_none_or(|until_ms| until_ms > loss.from_ms)
    };
    let reign = seen.reigns.iter().find(led)?;
    let later = |other: &Reign| other.term > reign.term && other.from_ms < loss.until_ms && other.until_ms.is_none();
    seen.reigns.iter().any(later).then_some(reign)
}
