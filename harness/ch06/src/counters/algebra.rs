//! The data types alone, put through scripts of changes and joins.

use explore::{Breach, Evidence};
use harness::exercise::{Check, Law};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use super::contract::{By, GrowOnly, UpAndDown};
use crate::joins::{self, Outcome, Step, keeps_the_laws, name};

type Script = joins::Script<By>;
pub type Play = joins::Play<By, i64>;

/// Plays a script that only goes up.
pub fn play_growing<G: GrowOnly>(script: &Script) -> Outcome<i64> {
    let up = |copy: &mut G, replica, by: &By| copy.up(replica, by.0.unsigned_abs());
    joins::play(script, up, G::join, |copy| i64::try_from(copy.value()).unwrap_or(i64::MAX))
}

/// Plays a script that goes both ways.
pub fn play_both<P: UpAndDown>(script: &Script) -> Outcome<i64> {
    let change = |copy: &mut P, replica, by: &By| match by.0 {
        ..0 => copy.down(replica, by.0.unsigned_abs()),
        _ => copy.up(replica, by.0.unsigned_abs()),
    };
    joins::play(script, change, P::join, P::value)
}

const CHANGED: &str = "a copy counts changes of more than one replica";

/// The laws of both types.
pub fn checks(growing: Play, both: Play) -> Vec<Check> {
    let law =
        |name, play: Play, draw, judge: Judge, needs| Check::law(play, Law { name, cases: 60, needs, draw, judge });
    vec![
        law("a_growing_counter_counts_what_it_knows", growing, upwards, counts_what_it_knows, &[CHANGED]),
        law("a_counter_counts_what_it_knows_up_and_down", both, both_ways, counts_what_it_knows, &[CHANGED]),
        law("joining_keeps_its_three_laws", both, both_ways_or_alike, joins_and_equality, &[joins::DIFFERENT]),
    ]
}

type Judge = fn(&Play, &Script, &mut Evidence) -> Result<(), Breach>;

/// More than 32 bits hold; a script full of it stays within 63.
const LARGE: i64 = 1 << 40;

fn upwards(index: u64) -> BoxedStrategy<Script> {
    joins::scripts(index, prop_oneof![8 => 1..=9_i64, 1 => Just(LARGE)].prop_map(By))
}

fn both_ways(index: u64) -> BoxedStrategy<Script> {
    joins::scripts(index, prop_oneof![8 => -9..=9_i64, 1 => Just(LARGE), 1 => Just(-LARGE)].prop_map(By))
}

/// Sometimes two replicas change their copies by the same, apart: as many, and not the same counter.
fn both_ways_or_alike(index: u64) -> BoxedStrategy<Script> {
    let alike = |by| joins::Script([0, 1].map(|replica| Step::Change { replica, change: By(by) }).to_vec());
    match index % 8 {
        0 => (1..=9_i64).prop_map(alike).boxed(),
        _ => both_ways(index),
    }
}

/// Copies are equal only if they know of the same changes; that those which do are equal is what the laws say.
fn joins_and_equality(play: &Play, script: &Script, evidence: &mut Evidence) -> Result<(), Breach> {
    let (known, outcome) = (script.knowledge().known, play(script));
    // To change something by nothing may be a change or not.
    let changed = |place: &&usize| script.change(**place).1.0 != 0;
    let [first, second] = [0, 1].map(|replica: usize| known[replica].iter().filter(changed).collect::<Vec<_>>());
    if first != second && !outcome.apart {
        return Err(Breach::new(
            "n1 and n2 know of different changes, and their copies are called equal",
            "two counters that are equal only if they know of the same changes".to_owned(),
            format!("equal, with the values {} and {}", outcome.values[0], outcome.values[1]),
        ));
    }
    keeps_the_laws(play, script, evidence)
}

fn counts_what_it_knows(play: &Play, script: &Script, evidence: &mut Evidence) -> Result<(), Breach> {
    let outcome = play(script);
    for (replica, known) in script.knowledge().known.iter().enumerate() {
        let changes: Vec<(usize, &By)> = known.iter().map(|place| script.change(*place)).collect();
        if changes.iter().any(|(changer, _)| *changer != replica) {
            evidence.count(CHANGED);
        }
        let expected: i64 = changes.iter().map(|(_, by)| by.0).sum();
        if outcome.values[replica] != expected {
            let told: Vec<String> =
                changes.iter().map(|(changer, by)| format!("{:+} by {}", by.0, name(*changer))).collect();
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
