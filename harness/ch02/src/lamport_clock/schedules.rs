//! Which schedules put each promise to the test.

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;

use super::world::Setup;
use crate::traffic::{self, Step};

type Schedule = Plan<Setup, Step>;

fn nodes(nodes: usize, entries: Vec<Step>) -> Schedule {
    Plan { setup: Setup { nodes, sorts: false }, entries }
}

/// Nothing goes wrong.
pub fn calm(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=4);
    nodes(count, traffic::steps(draw, count, 12))
}

/// Messages are lost, late, doubled and out of order.
pub fn troubled(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=5);
    nodes(count, traffic::troubled_steps(draw, count, 20))
}

/// Nodes crash.
pub fn crashes(draw: &mut Draw) -> Schedule {
    let (count, steps) = traffic::crashing_steps(draw);
    nodes(count, steps)
}

/// There are stamps to be sorted at the end.
pub fn to_be_sorted(draw: &mut Draw) -> Schedule {
    let mut schedule = calm(draw);
    schedule.setup.sorts = true;
    schedule
}
