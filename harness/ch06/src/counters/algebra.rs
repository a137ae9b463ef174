//! The data types alone, put through scripts of changes and joins.

use explore::{Breach, Evidence};
use harness::exercise::{Check, Law};
use proptest::prelude::*;
use proptest::strategy::BoxedStrategy;

use super::contract::{By, GrowOnly, UpAndDown};
use crate::joins::{self, Outcome, keeps_the_laws, name};

type Script = joins::Script<By>;
type Play = joins::Play<By, i64>;

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
        law("joining_keeps_its_three_laws", both, both_ways, keeps_the_laws, &[joins::DIFFERENT]),
    ]
}

type Judge = fn(&Play, &Script, &mut Evidence) -> Result<(), Breach>;

fn upwards(index: u64) -> BoxedStrategy<Script> {
    joins::scripts(index, (1..=9_i64).prop_map(By))
}

fn both_ways(index: u64) -> BoxedStrategy<Script> {
    joins::scripts(index, (-9..=9_i64).prop_map(By))
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
