//! Which schedules put each promise to the test.

use explore::Plan;
use harness::NodeId;
use harness::exercise::Draw;
use rand::RngExt;
use sim::disk::Keep;
use sim::{Fault, When};

use super::world::Setup;
use crate::traffic::{self, Step};

type Schedule = Plan<Setup, Step>;

fn nodes(nodes: usize, entries: Vec<Step>) -> Schedule {
    Plan { setup: Setup { nodes, sorts: false }, entries }
}

/// Nothing goes wrong, but messages may arrive twice.
pub fn calm(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=4);
    nodes(count, traffic::calm_steps(draw, count, 12))
}

/// Messages are lost, late, doubled and out of order.
pub fn troubled(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(2..=5);
    nodes(count, traffic::troubled_steps(draw, count, 20))
}

/// Nodes crash. The clock on the wall is set back meanwhile, for it is no memory.
pub fn crashes(draw: &mut Draw) -> Schedule {
    match draw.index.checked_sub(traffic::SET_PIECES) {
        Some(0) => return long_before_the_crash(),
        Some(1) => return told_by_the_restarted(),
        _ => {}
    }
    let (count, mut steps) = traffic::crashing_steps(draw);
    steps.push(traffic::set_back(draw, count));
    nodes(count, steps)
}

/// More events than anybody reserves times for at once.
fn long_before_the_crash() -> Schedule {
    let node = NodeId::new(0);
    let crash = Fault::Crash { node, when: When::At(30), back_after_ms: Some(10), keep: Keep::Nothing };
    let burst = Step::Burst { node, first: 1000, count: 1500, at_ms: 20 };
    nodes(2, vec![burst, Step::Fault(crash), Step::Happen { node, number: 1, at_ms: 100 }])
}

/// Whoever has crashed already tells somebody who then does so too: a number for each boot is no time to begin from.
fn told_by_the_restarted() -> Schedule {
    let [node, peer] = [0, 1].map(NodeId::new);
    let crash = |node, at_ms| {
        Step::Fault(Fault::Crash { node, when: When::At(at_ms), back_after_ms: Some(10), keep: Keep::Nothing })
    };
    let tell = Step::Tell { from: peer, to: node, number: 1, at_ms: 20 };
    nodes(2, vec![crash(peer, 5), tell, crash(node, 40), Step::Happen { node, number: 2, at_ms: 100 }])
}

/// There are stamps to be sorted at the end.
pub fn to_be_sorted(draw: &mut Draw) -> Schedule {
    let mut schedule = calm(draw);
    schedule.setup.sorts = true;
    schedule
}
