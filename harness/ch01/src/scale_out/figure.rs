//! Throughput against the number of workers.
//!
//! The figure is drawn from the world in which the promises are checked, so it shows what the code under test does, not
//! what the textbook says. It goes beyond the 32 workers up to which something is promised, because the bend is what
//! there is to see.

use explore::Plan;
use harness::exercise::World;
use render::chart::{Chart, Series};
use sim::Choice;

use super::schedules::{TASKS_PER_WORKER, job};
use super::world::{Detail, Entry, Outcome, Seen, Yard};

/// How many workers the points are measured with.
const SIZES: [u32; 12] = [1, 2, 4, 8, 12, 16, 24, 32, 40, 48, 56, 64];

/// One worker of so many is slow in the second curve.
const SLOW_ONE_IN: u32 = 8;

/// How many times as long it takes.
const SLOW_TIMES: u64 = 10;

/// Measures and draws.
///
/// # Errors
///
/// When a job does not succeed: what came of it.
pub fn draw(yard: &Yard) -> Result<Chart, String> {
    let mut ideal = Vec::new();
    let mut healthy = Vec::new();
    let mut limping = Vec::new();
    for workers in SIZES {
        let x = f64::from(workers);
        let seen = play(yard, workers, 0)?;
        ideal.push((x, x * seen.tasks as f64 * 1000.0 / seen.work_ms as f64));
        healthy.push((x, per_s(&seen)));
        let slow = workers / SLOW_ONE_IN;
        if slow > 0 {
            limping.push((x, per_s(&play(yard, workers, slow)?)));
        }
    }
    Ok(Chart {
        title: "Throughput against workers".to_owned(),
        description: describe(&ideal, &healthy, &limping),
        x_title: "workers".to_owned(),
        y_title: "tasks per second".to_owned(),
        series: vec![
            Series::ideal("ideal", ideal),
            Series::measured("all healthy", healthy),
            Series::measured("one in eight slow", limping),
        ],
    })
}

fn describe(ideal: &[(f64, f64)], healthy: &[(f64, f64)], limping: &[(f64, f64)]) -> String {
    let share = |points: &[(f64, f64)], workers: f64| {
        let at = |points: &[(f64, f64)]| points.iter().find(|(x, _)| *x == workers).map_or(f64::NAN, |(_, y)| *y);
        100.0 * at(points) / at(ideal)
    };
    format!(
        "The ideal rises in a straight line. With 8 workers {:.0} % of it are measured, with 32 workers {:.0} %, with 64 \
         workers {:.0} %. If one worker in eight is ten times as slow, it is {:.0} % with 8 workers and {:.0} % with 32.",
        share(healthy, 8.0),
        share(healthy, 32.0),
        share(healthy, 64.0),
        share(limping, 8.0),
        share(limping, 32.0),
    )
}

fn per_s(seen: &Seen) -> f64 {
    seen.tasks as f64 * 1000.0 / seen.ended_ms.max(1) as f64
}

fn play(yard: &Yard, workers: u32, slow: u32) -> Result<Seen, String> {
    let faults = (0..slow).map(|nth| Entry::Slow { worker: nth * SLOW_ONE_IN, times: SLOW_TIMES }).collect();
    let mut plan: Plan<_, _> = job(workers, u64::from(workers) * TASKS_PER_WORKER, faults);
    plan.setup.detail = Detail::Numbers;
    let seen = yard.play(Choice::new(1).part("figure", 0), &plan).into_seen()?;
    match &seen.outcome {
        Outcome::Returned(Ok(_)) => Ok(seen),
        other => Err(format!("with {workers} workers the job did not succeed: {other:?}")),
    }
}
