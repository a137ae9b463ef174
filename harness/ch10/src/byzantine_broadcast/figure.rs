//! What becomes of the promises when more nodes lie than may.
//!
//! The same nodes, made for two liars among seven, are put among none to four. Up to two the promises hold, and the curves
//! lie on the axis; from three on there is no code that could keep them all.

use explore::Plan;
use harness::exercise::World;
use rand::RngExt;
use render::chart::{Chart, Series};
use sim::Choice;

use super::contract::Value;
use super::lies::{Claim, Lie};
use super::pieces::{ask, first_of, setup};
use super::world::{Cluster, Entry, Seen};

/// What the nodes are made for.
const FAULTS: usize = 2;

/// Up to so many lie.
const MOST_LIARS: usize = 4;

/// How many runs make a point.
const RUNS: u64 = 200;

/// Measures and draws.
///
/// # Errors
///
/// When a run comes to no end, or the code panics: what came of it.
pub fn draw(cluster: &Cluster) -> Result<Chart, String> {
    let (mut split, mut stuck) = (Vec::new(), Vec::new());
    for liars in 0..=MOST_LIARS {
        let (mut splits, mut stops) = (0_u32, 0_u32);
        for run in 0..RUNS {
            let seen = attack(cluster, liars, run)?;
            splits += u32::from(disagree(&seen));
            stops += u32::from(!seen.missing.is_empty());
        }
        let share = |count: u32| 100.0 * f64::from(count) / RUNS as f64;
        split.push((liars as f64, share(splits)));
        stuck.push((liars as f64, share(stops)));
    }
    Ok(Chart {
        title: "Promises broken against liars among seven nodes".to_owned(),
        description: describe(&split, &stuck),
        x_title: "liars among seven nodes made for two".to_owned(),
        y_title: "% of runs".to_owned(),
        series: vec![
            Series::measured("two correct nodes deliver different values", split),
            Series::measured("a correct node waits for ever", stuck),
        ],
    })
}

/// n1 broadcasts, and none of the liars helps. The last node tells each of the others one of two things or nothing, and its
/// friends support whatever it says.
fn attack(cluster: &Cluster, liars: usize, run: u64) -> Result<Seen, String> {
    let choice = Choice::new(1).part("figure", run);
    let mut random = choice.stream("sides");
    let setup = super::world::Setup { liars, ..setup(FAULTS, (1_000, 10_000)) };
    let mut entries = vec![ask(1, 1, 9, 10)];
    let sides: Vec<(u32, _)> = setup.correct().map(|node| (random.random_range(0..3), node)).collect();
    for (side, value) in [(0, 7), (1, 8)] {
        let to: Vec<_> = sides.iter().filter(|(which, _)| *which == side).map(|(_, node)| *node).collect();
        if liars > 0 && !to.is_empty() {
            entries.push(Entry::Lie(Lie {
                liars: (setup.nodes - liars..setup.nodes).map(harness::NodeId::new).collect(),
                to,
                claims: Claim::ALL.to_vec(),
                broadcast: first_of(setup.nodes),
                value: Value(value),
                times: 1,
                at_ms: 10,
            }));
        }
    }
    cluster.play_quietly(choice, &Plan { setup, entries }).into_seen()
}

fn disagree(seen: &Seen) -> bool {
    let differ = |one: &super::world::Delivered, other: &super::world::Delivered| {
        one.broadcast == other.broadcast && one.value != other.value
    };
    seen.delivered.iter().any(|one| seen.delivered.iter().any(|other| differ(one, other)))
}

fn describe(split: &[(f64, f64)], stuck: &[(f64, f64)]) -> String {
    let told = |points: &[(f64, f64)]| {
        let shares: Vec<String> = points.iter().map(|(_, share)| format!("{share:.0} %")).collect();
        shares.join(", ")
    };
    format!(
        "With 0, 1, 2, 3 and 4 liars two correct nodes deliver different values in {} of the runs, and a correct node waits \
         for ever in {}.",
        told(split),
        told(stuck)
    )
}
