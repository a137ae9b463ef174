//! The data types alone: scripts of changes and joins, and what they must come to.
//!
//! A script is plain data and so is its outcome, so the laws need to know nothing of the learner's types.

use std::collections::BTreeSet;
use std::fmt;

use explore::{Breach, Evidence};
use harness::NodeId;
use harness::exercise::{Check, Law};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use super::contract::{GrowOnly, UpAndDown};

/// Replicas in a script, each with a copy of its own.
const REPLICAS: usize = 3;

/// A step of a script.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// A replica changes its copy: up if positive.
    Change { replica: usize, by: i64 },
    /// A replica takes over what another knows.
    Join { into: usize, from: usize },
}

impl fmt::Display for Step {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Change { replica, by } if *by < 0 => write!(out, "{} down {}", name(*replica), by.unsigned_abs()),
            Step::Change { replica, by } => write!(out, "{} up {by}", name(*replica)),
            Step::Join { into, from } => write!(out, "{} joins {}", name(*into), name(*from)),
        }
    }
}

fn name(replica: usize) -> NodeId {
    NodeId::new(replica)
}

/// Steps, from copies that nobody has changed.
#[derive(Clone, Debug)]
pub struct Script(Vec<Step>);

impl fmt::Display for Script {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps: Vec<String> = self.0.iter().map(Step::to_string).collect();
        write!(out, "three copies, and then: {}", steps.join("; "))
    }
}

/// What a script comes to: the value of every copy, and what came of joining them in two ways that must be the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    values: Vec<i64>,
    /// For each law whether both sides are equal, and their values.
    laws: Vec<(LawOfJoins, bool, [i64; 2])>,
    /// Whether the first two copies differ.
    apart: bool,
}

/// What must be the same, of copies a, b and c.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LawOfJoins {
    Commutative,
    Associative,
    Idempotent,
    Absorbing,
}

impl LawOfJoins {
    fn told(self) -> &'static str {
        match self {
            LawOfJoins::Commutative => "n1 joined with n2 and n2 joined with n1 (joining is commutative)",
            LawOfJoins::Associative => "(n1 with n2) with n3 and n1 with (n2 with n3) (joining is associative)",
            LawOfJoins::Idempotent => "n1 joined with itself and n1 (joining is idempotent)",
            LawOfJoins::Absorbing => "n1 joined with n2 twice and n1 joined with n2 once (joining is idempotent)",
        }
    }
}

/// Plays a script and looks at the laws.
pub type Play = fn(&Script) -> Outcome;

/// Plays a script that only goes up.
pub fn play_growing<G: GrowOnly>(script: &Script) -> Outcome {
    let up = |copy: &mut G, replica, by: i64| copy.up(replica, by.unsigned_abs());
    play(script, up, G::join, |copy| i64::try_from(copy.value()).unwrap_or(i64::MAX))
}

/// Plays a script that goes both ways.
pub fn play_both<P: UpAndDown>(script: &Script) -> Outcome {
    let change = |copy: &mut P, replica, by: i64| match by {
        ..0 => copy.down(replica, by.unsigned_abs()),
        _ => copy.up(replica, by.unsigned_abs()),
    };
    play(script, change, P::join, P::value)
}

fn play<C: Clone + Default + PartialEq>(
    script: &Script,
    change: impl Fn(&mut C, NodeId, i64),
    join: impl Fn(&mut C, &C),
    value: impl Fn(&C) -> i64,
) -> Outcome {
    let mut copies = vec![C::default(); REPLICAS];
    for step in &script.0 {
        match *step {
            Step::Change { replica, by } => change(&mut copies[replica], name(replica), by),
            Step::Join { into, from } => {
                let other = copies[from].clone();
                join(&mut copies[into], &other);
            }
        }
    }
    let joined = |one: &C, other: &C| {
        let mut one = one.clone();
        join(&mut one, other);
        one
    };
    let [a, b, c] = &copies[..] else { unreachable!("there are three replicas") };
    let ab = joined(a, b);
    let sides = [
        (LawOfJoins::Commutative, ab.clone(), joined(b, a)),
        (LawOfJoins::Associative, joined(&ab, c), joined(a, &joined(b, c))),
        (LawOfJoins::Idempotent, joined(a, a), a.clone()),
        (LawOfJoins::Absorbing, joined(&ab, b), ab.clone()),
    ];
    let law = |(law, one, other): &(LawOfJoins, C, C)| (*law, one == other, [value(one), value(other)]);
    Outcome { values: copies.iter().map(&value).collect(), laws: sides.iter().map(law).collect(), apart: a != b }
}

const CHANGED: &str = "a copy counts changes of more than one replica";
const DIFFERENT: &str = "two copies that know different things are joined";

/// The laws of both types.
pub fn checks(growing: Play, both: Play) -> Vec<Check> {
    let law =
        |name, play: Play, draw, judge: Judge, needs| Check::law(play, Law { name, cases: 60, needs, draw, judge });
    vec![
        law("a_growing_counter_counts_what_it_knows", growing, upwards, counts_what_it_knows, &[CHANGED]),
        law("a_counter_counts_what_it_knows_up_and_down", both, both_ways, counts_what_it_knows, &[CHANGED]),
        law("joining_keeps_its_three_laws", both, both_ways_or_alike, keeps_the_laws, &[DIFFERENT]),
    ]
}

type Judge = fn(&Play, &Script, &mut Evidence) -> Result<(), Breach>;

/// More than 32 bits hold; a script full of it stays within 64.
const LARGE: i64 = 1 << 40;

fn upwards(index: u64) -> BoxedStrategy<Script> {
    script(index, 1)
}

fn both_ways(index: u64) -> BoxedStrategy<Script> {
    script(index, -9)
}

/// Sometimes two replicas change their copies by the same, apart: as many, and not the same counter.
fn both_ways_or_alike(index: u64) -> BoxedStrategy<Script> {
    match index % 8 {
        0 => (1..=9_i64).prop_map(|by| Script([0, 1].map(|replica| Step::Change { replica, by }).to_vec())).boxed(),
        _ => both_ways(index),
    }
}

fn script(index: u64, least: i64) -> BoxedStrategy<Script> {
    // Small numbers mostly, and now and then one that does not fit into 32 bits.
    let by = prop_oneof![7 => least..=9, 1 => Just(LARGE), 1 => Just(LARGE * least.signum())];
    let change = (0..REPLICAS, by).prop_map(|(replica, by)| Step::Change { replica, by });
    let join = (0..REPLICAS, 1..REPLICAS).prop_map(|(into, way)| Step::Join { into, from: (into + way) % REPLICAS });
    let steps = 4 + (index as usize).min(16);
    proptest::collection::vec(prop_oneof![3 => change, 2 => join], 2..=steps).prop_map(Script).boxed()
}

/// Which changes each copy knows of, by their places in the script.
fn known(script: &Script) -> Vec<BTreeSet<usize>> {
    let mut known = vec![BTreeSet::new(); REPLICAS];
    for (place, step) in script.0.iter().enumerate() {
        match *step {
            Step::Change { replica, .. } => drop(known[replica].insert(place)),
            Step::Join { into, from } => {
                let more = known[from].clone();
                known[into].extend(more);
            }
        }
    }
    known
}

fn counts_what_it_knows(play: &Play, script: &Script, evidence: &mut Evidence) -> Result<(), Breach> {
    let outcome = play(script);
    for (replica, known) in known(script).iter().enumerate() {
        let change = |place: &usize| match script.0[*place] {
            Step::Change { replica, by } => (replica, by),
            Step::Join { .. } => unreachable!("only changes are known of"),
        };
        let changes: Vec<(usize, i64)> = known.iter().map(change).collect();
        if changes.iter().any(|(changer, _)| *changer != replica) {
            evidence.count(CHANGED);
        }
        let expected: i64 = changes.iter().map(|(_, by)| by).sum();
        if outcome.values[replica] != expected {
            let told: Vec<String> =
                changes.iter().map(|(changer, by)| format!("{by:+} by {}", name(*changer))).collect();
            let told = if told.is_empty() { "nothing".to_owned() } else { told.join(", ") };
            return Err(Breach::new(
                format!("the copy of {} has the value {}", name(replica), outcome.values[replica]),
                format!("{expected}: it knows of {told}"),
                outcome.values[replica].to_string(),
            ));
        }
    }
    Ok(())
}

fn keeps_the_laws(play: &Play, script: &Script, evidence: &mut Evidence) -> Result<(), Breach> {
    let known = known(script);
    let outcome = play(script);
    if !known[0].is_subset(&known[1]) && !known[1].is_subset(&known[0]) {
        evidence.count(DIFFERENT);
    }
    // To change something by nothing may be a change or not.
    let changed = |place: &&usize| !matches!(script.0[**place], Step::Change { by: 0, .. });
    let [first, second] = [0, 1].map(|replica: usize| known[replica].iter().filter(changed).collect::<Vec<_>>());
    if first != second && !outcome.apart {
        return Err(Breach::new(
            "n1 and n2 know of different changes, and their copies are called equal",
            "two counters that are equal only if they know of the same changes".to_owned(),
            format!("equal, with the values {} and {}", outcome.values[0], outcome.values[1]),
        ));
    }
    match outcome.laws.into_iter().find(|(_, same, _)| !same) {
        None => Ok(()),
        Some((law, _, [one, other])) => Err(Breach::new(
            format!("these two are not equal: {}", law.told()),
            "the same counter on both sides, and the same value".to_owned(),
            format!(
                "the values are {one} and {other}{}",
                if one == other { "; the counters differ otherwise" } else { "" }
            ),
        )),
    }
}
