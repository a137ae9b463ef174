//! Which schedules put each promise to the test.

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;

use super::contract::Policy;
use super::world::{Detail, Entry, Setup};

type Schedule = Plan<Setup, Entry>;

/// The policy for so many workers.
pub fn policy(workers: u32) -> Policy {
    Policy {
        workers,
        usual_ms: 130,
        timeout_ms: 1_500,
        rest_ms: 4_000,
        give_up_ms: 15_000,
        max_open: 4 * workers,
        hedge_percent: 5,
        poison_after: 3,
    }
}

/// A job of that many tasks for that many workers, under these faults.
pub fn job(workers: u32, tasks: u64, faults: Vec<Entry>) -> Schedule {
    let entries = [Entry::Job { tasks, workers }].into_iter().chain(faults).collect();
    Plan { setup: Setup { policy: policy(workers), detail: Detail::Events }, entries }
}

fn dies(worker: u32, at_ms: u64, silent: bool) -> Entry {
    Entry::Dies { worker, at_ms, back_ms: None, silent }
}

/// So many different workers out of all of them.
fn some_workers(draw: &mut Draw, workers: u32, count: u32) -> Vec<u32> {
    let mut all: Vec<u32> = (0..workers).collect();
    (0..count).map(|_| all.swap_remove(draw.random.random_range(0..all.len()))).collect()
}

/// Whatever makes a task be executed twice, and its result come twice.
pub fn trouble(draw: &mut Draw) -> Schedule {
    let workers = draw.random.random_range(3..=4);
    let mut chosen = some_workers(draw, workers, workers - 1);
    let mut faults = Vec::new();
    match draw.index % 3 {
        // Copies of many tasks are under way at the same time, and many of the first ones come in the end.
        0 => {
            for worker in chosen {
                faults.push(Entry::Slow { worker, times: draw.random.random_range(2..=5) });
            }
            return job(workers, u64::from(workers) * draw.random.random_range(2..=4), faults);
        }
        // Slower than the time-out: what it does is done by others meanwhile.
        1 => faults.push(Entry::Slow { worker: chosen.remove(0), times: draw.random.random_range(20..=40) }),
        _ => faults.push(dies(chosen.remove(0), draw.random.random_range(10..=900), true)),
    }
    if draw.random.random_bool(0.5) {
        let worker = chosen[0];
        faults.push(match draw.random.random_range(0..3) {
            0 => Entry::Broken { worker },
            1 => dies(worker, draw.random.random_range(10..=900), false),
            _ => Entry::Slow { worker, times: draw.random.random_range(2..=15) },
        });
    }
    job(workers, draw.random.random_range(10..=60), faults)
}

/// Nothing to do.
pub fn nothing(draw: &mut Draw) -> Schedule {
    job(draw.random.random_range(1..=8), 0, Vec::new())
}

/// Fewer tasks than workers, or as many.
pub fn small(draw: &mut Draw) -> Schedule {
    let workers = draw.random.random_range(3..=6);
    job(workers, draw.random.random_range(3..=u64::from(workers)), Vec::new())
}

/// How many workers the throughput is measured with.
pub const SIZES: [u32; 6] = [1, 2, 4, 8, 16, 32];

/// Tasks a worker, where throughput is measured.
pub const TASKS_PER_WORKER: u64 = 20;

/// Healthy workers, more from schedule to schedule. Only few of them can be drawn.
pub fn healthy(draw: &mut Draw) -> Schedule {
    let workers = SIZES[draw.index as usize % SIZES.len()];
    let mut plan = job(workers, u64::from(workers) * TASKS_PER_WORKER, Vec::new());
    plan.setup.detail = if workers <= 4 { Detail::Events } else { Detail::Executions };
    plan
}

/// One worker is slow.
pub fn one_slow(draw: &mut Draw) -> Schedule {
    let workers = draw.random.random_range(2..=4);
    let slow = Entry::Slow { worker: draw.random.random_range(0..workers), times: draw.random.random_range(6..=10) };
    let tasks = u64::from(workers) * draw.random.random_range(4..=20);
    job(workers, tasks, vec![slow])
}

/// So many workers are slow that executing twice whatever they get would cost a good part of the whole.
pub fn many_slow(draw: &mut Draw) -> Schedule {
    let workers = draw.random.random_range(4..=6);
    let chosen = some_workers(draw, workers, workers / 2);
    let slow = chosen.into_iter().map(|worker| Entry::Slow { worker, times: draw.random.random_range(3..=5) });
    let faults = slow.collect();
    job(workers, u64::from(workers) * if draw.index.is_multiple_of(2) { 30 } else { 5 }, faults)
}

/// Workers die for good; at least one does not.
pub fn deaths(draw: &mut Draw) -> Schedule {
    let workers = draw.random.random_range(2..=4);
    let count = draw.random.random_range(1..workers);
    let chosen = some_workers(draw, workers, count);
    let silent_rate = draw.random.random_range(0.0..=1.0);
    let mut faults = Vec::new();
    for worker in chosen {
        let silent = (faults.is_empty() && draw.index.is_multiple_of(2)) || draw.random.random_bool(silent_rate);
        faults.push(dies(worker, draw.random.random_range(20..=800), silent));
    }
    job(workers, u64::from(workers) * draw.random.random_range(3..=20), faults)
}

/// A worker brings nothing for a long time, while the others have enough to do.
pub fn long_death(draw: &mut Draw) -> Schedule {
    let workers = draw.random.random_range(2..=3);
    let worker = draw.random.random_range(0..workers);
    let fault = match draw.index % 3 {
        0 => dies(worker, draw.random.random_range(0..=500), true),
        1 => dies(worker, draw.random.random_range(0..=500), false),
        _ => Entry::Broken { worker },
    };
    job(workers, u64::from(workers) * 130, vec![fault])
}

/// A worker dies and comes back, with much left to do.
pub fn come_back(draw: &mut Draw) -> Schedule {
    let workers = draw.random.random_range(2..=4);
    let at_ms = draw.random.random_range(0..=500);
    let back_ms = Some(at_ms + draw.random.random_range(500..=3_000));
    let silent = draw.index.is_multiple_of(2);
    let fault = Entry::Dies { worker: draw.random.random_range(0..workers), at_ms, back_ms, silent };
    job(workers, u64::from(workers) * 150, vec![fault])
}

/// One or two workers fail whatever they get, and seem idle all the time.
pub fn broken(draw: &mut Draw) -> Schedule {
    let workers = draw.random.random_range(3..=4);
    let count = draw.random.random_range(1..=2);
    let faults = some_workers(draw, workers, count).into_iter().map(|worker| Entry::Broken { worker }).collect();
    job(workers, draw.random.random_range(5..=60), faults)
}

/// A task that nobody can do, among many that can be done.
pub fn poison(draw: &mut Draw) -> Schedule {
    let workers = draw.random.random_range(3..=4);
    let tasks = draw.random.random_range(3..=60);
    let mut faults = vec![Entry::Poison { task: draw.random.random_range(0..tasks) }];
    if draw.random.random_bool(0.5) {
        let times = draw.random.random_range(2..=5);
        faults.push(Entry::Slow { worker: draw.random.random_range(0..workers), times });
    }
    job(workers, tasks, faults)
}

/// All workers die, for good or for a while.
pub fn blackout(draw: &mut Draw) -> Schedule {
    let workers = draw.random.random_range(1..=3);
    // Back so soon that workers are used again before the coordinator may give up.
    let outage_ms = (draw.index % 2 == 1).then(|| draw.random.random_range(1_000..=3_000));
    let silent_rate = draw.random.random_range(0.0..=1.0);
    let mut faults = Vec::new();
    for worker in 0..workers {
        let at_ms = draw.random.random_range(20..=400);
        let back_ms = outage_ms.map(|outage_ms| at_ms + outage_ms);
        faults.push(Entry::Dies { worker, at_ms, back_ms, silent: draw.random.random_bool(silent_rate) });
    }
    job(workers, u64::from(workers) * draw.random.random_range(5..=20), faults)
}

/// More tasks than may be open.
pub fn crowd(draw: &mut Draw) -> Schedule {
    let workers = draw.random.random_range(1..=4);
    let slow = Entry::Slow { worker: draw.random.random_range(0..workers), times: draw.random.random_range(2..=10) };
    let faults = if draw.random.random_bool(0.5) { vec![slow] } else { Vec::new() };
    job(workers, u64::from(4 * workers) * draw.random.random_range(3..=6), faults)
}

/// A job so large that whatever is kept of every task shows.
pub fn huge(_: &mut Draw) -> Schedule {
    let mut plan = job(32, 3_000, Vec::new());
    plan.setup.detail = Detail::Numbers;
    plan
}

/// The caller goes away in the middle of the job.
pub fn departure(draw: &mut Draw) -> Schedule {
    let workers = draw.random.random_range(1..=5);
    let mut faults = vec![Entry::Dropped { at_ms: draw.random.random_range(20..=900) }];
    if workers > 1 && draw.random.random_bool(0.5) {
        faults.push(dies(0, draw.random.random_range(10..=300), true));
    }
    job(workers, u64::from(workers) * 20, faults)
}
