//! Which schedules put each promise to the test.

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;

use super::contract::*;
use super::world::{Entry, FOR_EVER_MS, Setup};

type Schedule = Plan<Setup, Entry>;

/// When calls begin: the first news has been read by then.
const START_MS: u64 = 100;

fn policy(draw: &mut Draw) -> Policy {
    Policy {
        eject_after: draw.random.random_range(2..=4),
        eject_ms: draw.random.random_range(5..=12) * 100,
        registry_retry_ms: draw.random.random_range(2..=6) * 100,
    }
}

fn setup(draw: &mut Draw, instances: u32) -> Setup {
    Setup { policy: policy(draw), instances, answers_after_ms: draw.random.random_range(15..=25) }
}

fn some_instances(draw: &mut Draw) -> u32 {
    draw.random.random_range(3..=5)
}

fn any_of(draw: &mut Draw, instances: u32) -> InstanceId {
    InstanceId(draw.random.random_range(1..=instances))
}

fn calls(from_ms: u64, count: u64, every_ms: u64) -> Entry {
    Entry::Calls { from_ms, count, every_ms, give_up_after_ms: None }
}

fn news(at_ms: u64, instance: InstanceId, version: u64, status: Status) -> Entry {
    Entry::News { at_ms, event: Event { instance, version, status } }
}

fn how(draw: &Draw) -> NetworkError {
    if draw.index.is_multiple_of(2) { NetworkError::Refused } else { NetworkError::TimedOut }
}

/// Many calls at once, and calls while one instance is slow.
pub fn crowds(draw: &mut Draw) -> Schedule {
    let instances = some_instances(draw);
    let mut entries = vec![calls(START_MS, draw.random.random_range(5..=20), 0), calls(150, 30, 3)];
    let (instance, answers_after_ms) = (any_of(draw, instances), draw.random.random_range(100..=500));
    entries.push(Entry::Slow { instance, from_ms: 0, to_ms: FOR_EVER_MS, answers_after_ms });
    Plan { setup: setup(draw, instances), entries }
}

/// Attempts fail here and there; sometimes there is only one instance.
pub fn single_failures(draw: &mut Draw) -> Schedule {
    let instances = if draw.index % 3 == 2 { 1 } else { draw.random.random_range(2..=4) };
    let mut entries = vec![calls(START_MS, 24, 30)];
    for instance in (1..=instances).map(InstanceId) {
        for attempt in (1..=8).step_by(2) {
            if draw.random.random_bool(0.5) || (instance.0, attempt) == (1, 1) {
                entries.push(Entry::FailsAttempts { instance, first: attempt, last: attempt });
            }
        }
    }
    let mut setup = setup(draw, instances);
    // These failures are not to eject anybody.
    setup.policy.eject_after = 10;
    Plan { setup, entries }
}

/// Instances depart under load, while attempts at others fail.
pub fn departures(draw: &mut Draw) -> Schedule {
    let instances = some_instances(draw);
    let mut entries = vec![calls(START_MS, 80, 5)];
    for instance in (1..=draw.random.random_range(1..=2)).map(InstanceId) {
        entries.push(news(draw.random.random_range(150..=350), instance, 2, Status::Departed));
    }
    let mut first = 1;
    for _ in 0..4 {
        first += draw.random.random_range(2..=5);
        entries.push(Entry::FailsAttempts { instance: InstanceId(3), first, last: first });
    }
    Plan { setup: setup(draw, instances), entries }
}

/// Instances drain while they have slow calls, and some depart later.
pub fn drains(draw: &mut Draw) -> Schedule {
    let instances = some_instances(draw);
    let mut setup = setup(draw, instances);
    setup.answers_after_ms = draw.random.random_range(40..=150);
    let mut entries = vec![calls(START_MS, 80, 5)];
    for instance in (1..=draw.random.random_range(1..=2)).map(InstanceId) {
        let at_ms = draw.random.random_range(150..=250);
        entries.push(news(at_ms, instance, 2, Status::Draining));
        if draw.random.random_bool(0.5) {
            entries.push(news(at_ms + draw.random.random_range(160..=250), instance, 3, Status::Departed));
        }
    }
    Plan { setup, entries }
}

/// An instance joins, or leaves and comes back while it still has calls, under light or heavy load.
pub fn arrivals(draw: &mut Draw) -> Schedule {
    let instances = 2;
    let every_ms = if draw.index.is_multiple_of(2) { 4 } else { 30 };
    // Long enough, at times, to tell calls under way from all calls that an instance ever had.
    let before = if draw.index.is_multiple_of(4) { 220 } else { 40 };
    let joined_ms = START_MS + before * every_ms;
    let mut entries = vec![calls(START_MS, before + 330, every_ms)];
    if draw.index % 4 < 2 {
        entries.push(news(joined_ms, InstanceId(3), 1, Status::Up));
    } else {
        let instance = any_of(draw, instances);
        entries.push(news(joined_ms - 8, instance, 2, Status::Departed));
        entries.push(news(joined_ms, instance, 3, Status::Up));
    }
    Plan { setup: setup(draw, instances), entries }
}

/// Nothing happens but calls, one at a time or many.
pub fn even(draw: &mut Draw) -> Schedule {
    let instances = draw.random.random_range(2..=4);
    let every_ms = if draw.index.is_multiple_of(2) { 30 } else { 2 };
    let count = u64::from(instances) * 100 + 1;
    Plan { setup: setup(draw, instances), entries: vec![calls(START_MS, count, every_ms)] }
}

/// One instance becomes slow under heavy load.
pub fn slow(draw: &mut Draw) -> Schedule {
    let instances = draw.random.random_range(3..=4);
    let setup = setup(draw, instances);
    let answers_after_ms = setup.answers_after_ms * 10;
    let from_ms = START_MS + 2 * 60;
    let entries = vec![
        calls(START_MS, 61 + 100 * u64::from(instances), 2),
        Entry::Slow { instance: any_of(draw, instances), from_ms, to_ms: FOR_EVER_MS, answers_after_ms },
    ];
    Plan { setup, entries }
}

/// Callers give up on an instance that is slow, or on the probes of one that does not answer; then all is well.
pub fn given_up(draw: &mut Draw) -> Schedule {
    let instances = 3;
    let mut setup = setup(draw, instances);
    setup.policy.eject_after = 2;
    let instance = any_of(draw, instances);
    let give_up = |from_ms, count| Entry::Calls { from_ms, count, every_ms: 4, give_up_after_ms: Some(60) };
    let mut entries = Vec::new();
    if draw.index.is_multiple_of(2) {
        entries.push(give_up(START_MS, 100));
        entries.push(Entry::Slow { instance, from_ms: 0, to_ms: 600, answers_after_ms: 200 });
    } else {
        // Long enough to be ejected, and then probed by callers who give up.
        let probed_ms = START_MS + 200 + SEND_TIMEOUT_MS + setup.policy.eject_ms + 20;
        entries.push(calls(START_MS, 50, 4));
        entries.push(give_up(probed_ms, 60));
        let to_ms = probed_ms + 300;
        entries.push(Entry::Fails { instance, from_ms: 0, to_ms, how: NetworkError::TimedOut });
    }
    let well_ms = 10_000;
    entries.push(calls(well_ms, 60, 20));
    entries.push(calls(well_ms + 60 * 20 + 1_000, 100 * u64::from(instances) + 1, 20));
    Plan { setup, entries }
}

/// One instance fails for good, of three or more.
pub fn failing(draw: &mut Draw) -> Schedule {
    let instances = some_instances(draw);
    let setup = setup(draw, instances);
    let from_ms = START_MS + draw.random.random_range(0..=100);
    let count = 200 + setup.policy.eject_ms / 5;
    let entries = vec![
        calls(START_MS, count, 10),
        Entry::Fails { instance: any_of(draw, instances), from_ms, to_ms: FOR_EVER_MS, how: how(draw) },
    ];
    Plan { setup, entries }
}

/// Fewer failures in a row than eject, once or again and again.
pub fn few_failures(draw: &mut Draw) -> Schedule {
    let instances = some_instances(draw);
    let mut setup = setup(draw, instances);
    // Nobody could tell forgiveness from a short ejection.
    setup.policy.eject_ms = 60_000;
    let instance = any_of(draw, instances);
    let in_a_row = u64::from(setup.policy.eject_after) - 1;
    let mut entries = vec![calls(START_MS, 240, 10)];
    let mut first = draw.random.random_range(1..=4);
    for _ in 0..3 {
        entries.push(Entry::FailsAttempts { instance, first, last: first + in_a_row - 1 });
        // Late enough that the attempts that overlap these have ended.
        first += in_a_row + draw.random.random_range(6..=8);
    }
    Plan { setup, entries }
}

/// One instance fails; it answers slowly when it comes back, or does not.
pub fn mending(draw: &mut Draw) -> Schedule {
    let instances = some_instances(draw);
    let mut setup = setup(draw, instances);
    setup.policy.eject_after = 2;
    let instance = any_of(draw, instances);
    let fails_to_ms = START_MS + 200 + SEND_TIMEOUT_MS;
    let probed_ms = fails_to_ms + SEND_TIMEOUT_MS + setup.policy.eject_ms;
    let mut entries = vec![calls(START_MS, 100, 2), calls(probed_ms, 100, 5)];
    entries.push(Entry::Fails { instance, from_ms: START_MS, to_ms: fails_to_ms, how: how(draw) });
    let answers_after_ms = draw.random.random_range(100..=250);
    entries.push(Entry::Slow { instance, from_ms: fails_to_ms, to_ms: FOR_EVER_MS, answers_after_ms });
    Plan { setup, entries }
}

/// One instance fails and is well again when it is probed.
pub fn recovering(draw: &mut Draw) -> Schedule {
    let instances = 3;
    let mut setup = setup(draw, instances);
    setup.policy.eject_after = 2;
    let fails_to_ms = START_MS + 200;
    let probed_ms = fails_to_ms + SEND_TIMEOUT_MS + setup.policy.eject_ms + 20;
    let every_ms = if draw.index % 4 < 2 { 2 } else { 30 };
    let instance = InstanceId(u32::try_from(draw.index % u64::from(instances)).expect("one of three") + 1);
    let entries = vec![
        calls(START_MS, 50, 4),
        calls(probed_ms, 20 * u64::from(instances) + 20 + 100 * u64::from(instances), every_ms),
        Entry::Fails { instance, from_ms: 0, to_ms: fails_to_ms, how: how(draw) },
    ];
    Plan { setup, entries }
}

/// All instances fail, and later all answer again.
pub fn everybody(draw: &mut Draw) -> Schedule {
    let instances = draw.random.random_range(1..=4);
    let setup = setup(draw, instances);
    let from_ms = START_MS + draw.random.random_range(0..=100);
    let to_ms = from_ms + draw.random.random_range(8..=14) * 100;
    let how = how(draw);
    let mut entries = vec![calls(START_MS, 100, 20)];
    let fails = |instance| Entry::Fails { instance: InstanceId(instance), from_ms, to_ms, how };
    entries.extend((1..=instances).map(fails));
    Plan { setup, entries }
}

/// News of a departure, and afterwards older news of the same instance.
pub fn old_departures(draw: &mut Draw) -> Schedule {
    let instances = some_instances(draw);
    let instance = any_of(draw, instances);
    let departed_ms = draw.random.random_range(150..=250);
    let version = draw.random.random_range(3..=6);
    let mut entries = vec![calls(START_MS, 80, 6), news(departed_ms, instance, version, Status::Departed)];
    for _ in 0..draw.random.random_range(1..=3) {
        let at_ms = departed_ms + draw.random.random_range(30..=150);
        entries.push(news(at_ms, instance, draw.random.random_range(1..version), Status::Up));
    }
    Plan { setup: setup(draw, instances), entries }
}

/// News of a return, and afterwards the older news that the instance had left.
pub fn old_returns(draw: &mut Draw) -> Schedule {
    let instances = some_instances(draw);
    let instance = any_of(draw, instances);
    let back_ms = draw.random.random_range(150..=250);
    let version = draw.random.random_range(4..=6);
    let mut entries = vec![calls(START_MS, 200, 6), news(back_ms, instance, version, Status::Up)];
    for _ in 0..draw.random.random_range(1..=2) {
        let at_ms = back_ms + draw.random.random_range(100..=300);
        let status = if draw.random.random_bool(0.5) { Status::Departed } else { Status::Draining };
        entries.push(news(at_ms, instance, draw.random.random_range(2..version), status));
    }
    Plan { setup: setup(draw, instances), entries }
}

/// The registry is down for a while; what happens meanwhile is announced when it is back.
pub fn registry_down(draw: &mut Draw) -> Schedule {
    let instances = some_instances(draw);
    let setup = setup(draw, instances);
    let from_ms = START_MS + draw.random.random_range(20..=100);
    let to_ms = from_ms + draw.random.random_range(8..=20) * 100;
    let mut entries = vec![calls(START_MS, 40, 20), Entry::RegistryDown { from_ms, to_ms }];
    let joins_ms = to_ms + draw.random.random_range(0..=200);
    entries.push(news(joins_ms, InstanceId(instances + 1), 1, Status::Up));
    // An instance that departs is told about only afterwards, so that no call finds it gone before that.
    entries.push(news(joins_ms + 20, InstanceId(1), 2, Status::Departed));
    entries.push(calls(to_ms + setup.policy.registry_retry_ms + 50, 20 * (u64::from(instances) + 1) + 100, 3));
    Plan { setup, entries }
}
