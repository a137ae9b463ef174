//! Which schedules put each promise to the test.

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;

use super::contract::Policy;
use super::world::{Entry, Op, Setup};

type Schedule = Plan<Setup, Entry>;

fn plan(policy: Policy, entries: Vec<Entry>) -> Schedule {
    Plan { setup: Setup { policy }, entries }
}

/// A policy with room and time for everything. Every third schedule has batches of one, so that a promise about the
/// cache can be kept without any batching.
fn roomy(draw: &mut Draw) -> Policy {
    let max_batch = if draw.index.is_multiple_of(3) { 1 } else { draw.random.random_range(2..=8) };
    Policy { window_ms: draw.random.random_range(4..=12), max_batch, ttl_ms: 20_000, capacity: 64 }
}

fn reads(from_ms: u64, first: u32, count: u32) -> Entry {
    Entry::Reads { from_ms, first, count, every_ms: 0 }
}

fn read(from_ms: u64, key: u32) -> Entry {
    Entry::Repeat { from_ms, key, count: 1, every_ms: 0 }
}

/// Groups of reads of different keys, each within one window. Some follow a batch that filled up, and go on past the time
/// at which that one would have left.
pub fn together(draw: &mut Draw) -> Schedule {
    let window_ms = draw.random.random_range(8..=24);
    let max_batch = draw.random.random_range(2..=4u32);
    let policy = Policy { window_ms, max_batch: max_batch as usize, ..roomy(draw) };
    let mut entries = Vec::new();
    for nth in 0..draw.random.random_range(1..=3u32) {
        let (from_ms, first) = (u64::from(nth) * 1_000, nth * 100 + 1);
        match draw.random.random_range(0..3) {
            0 => entries.push(reads(from_ms, first, 2 * max_batch)),
            1 => {
                let count = draw.random.random_range(2..=7u32);
                let every_ms = if u64::from(count) < window_ms { draw.random.random_range(0..=1) } else { 0 };
                entries.push(Entry::Reads { from_ms, first, count, every_ms });
            }
            _ => {
                entries.push(reads(from_ms, first, max_batch));
                let second_ms = from_ms + window_ms - 3;
                entries.push(Entry::Reads { from_ms: second_ms, first: first + 50, count: 2, every_ms: 6 });
            }
        }
    }
    plan(policy, entries)
}

/// Reads of different keys that come one by one, too few to fill a batch.
pub fn trickle(draw: &mut Draw) -> Schedule {
    let window_ms = draw.random.random_range(6..=30);
    let policy = Policy { window_ms, max_batch: draw.random.random_range(10..=20), ..roomy(draw) };
    let mut entries = vec![read(0, 1)];
    for nth in 1..=draw.random.random_range(1..=3u32) {
        let count = draw.random.random_range(1..=9);
        let every_ms = draw.random.random_range(window_ms / 2..=window_ms + 2);
        entries.push(Entry::Reads { from_ms: u64::from(nth) * 1_000, first: nth * 100, count, every_ms });
    }
    plan(policy, entries)
}

/// Enough reads to fill batches, long before the window is over.
pub fn full(draw: &mut Draw) -> Schedule {
    let max_batch = draw.random.random_range(2..=6u32);
    let window_ms = draw.random.random_range(40..=120);
    let policy = Policy { window_ms, max_batch: max_batch as usize, ..roomy(draw) };
    let mut entries = Vec::new();
    for nth in 0..draw.random.random_range(1..=3u32) {
        let count = max_batch * draw.random.random_range(1..=3) + draw.random.random_range(0..max_batch);
        let every_ms = draw.random.random_range(0..=4);
        entries.push(Entry::Reads { from_ms: u64::from(nth) * 1_000, first: nth * 100, count, every_ms });
    }
    plan(policy, entries)
}

/// Reads of the same keys, all of them before the first answer can be back.
pub fn identical(draw: &mut Draw) -> Schedule {
    let policy = roomy(draw);
    let mut entries = Vec::new();
    for key in 1..=draw.random.random_range(1..=3u32) {
        let count = draw.random.random_range(2..=6u32);
        let every_ms = draw.random.random_range(0..=75 / u64::from(count));
        let from_ms = u64::from(key) * draw.random.random_range(1..=40);
        entries.push(Entry::Repeat { from_ms, key, count, every_ms });
    }
    plan(policy, entries)
}

/// Callers that go away, in the window or later, while others wait for the same key or the same batch.
pub fn given_up(draw: &mut Draw) -> Schedule {
    let window_ms = draw.random.random_range(10..=40);
    let policy = Policy { window_ms, max_batch: draw.random.random_range(4..=8), ..roomy(draw) };
    let mut entries = Vec::new();
    for nth in 0..draw.random.random_range(1..=3u64) {
        let at_ms = nth * 1_000;
        let key = 10 * (nth as u32 + 1);
        let in_window = draw.random.random_bool(0.5);
        let after_ms = if in_window { draw.random.random_range(2..window_ms) } else { window_ms + 30 };
        entries.push(Entry::GivenUp { at_ms, key, after_ms });
        // The same key, another one in the same window, and the same key once nobody waits any more.
        entries.push(read(at_ms + draw.random.random_range(1..after_ms), key));
        entries.push(read(at_ms + draw.random.random_range(1..window_ms), key + 1));
        entries.push(read(at_ms + 500, key));
        entries.push(Entry::GivenUp { at_ms: at_ms + 1, key: key + 2, after_ms });
        entries.push(read(at_ms + 400, key + 2));
    }
    plan(policy, entries)
}

/// Batches in which some keys can't be read.
pub fn bad_key(draw: &mut Draw) -> Schedule {
    let policy = Policy { max_batch: draw.random.random_range(3..=8), ..roomy(draw) };
    let mut entries = Vec::new();
    for nth in 0..draw.random.random_range(1..=3u32) {
        let count = draw.random.random_range(2..=8);
        let first = nth * 100 + 1;
        entries.push(reads(u64::from(nth) * 1_000, first, count));
        for _ in 0..draw.random.random_range(1..=2) {
            let key = first + draw.random.random_range(0..count);
            entries.push(Entry::Damaged { key, from_ms: 0, to_ms: 60_000 });
        }
    }
    plan(policy, entries)
}

/// Fetches that fail, wholly or for one key, and would succeed a little later.
pub fn failures(draw: &mut Draw) -> Schedule {
    let policy = roomy(draw);
    let to_ms = draw.random.random_range(100..=400);
    let fault = match draw.index % 2 {
        0 => Entry::Down { from_ms: 0, to_ms },
        _ => Entry::Damaged { key: 1, from_ms: 0, to_ms },
    };
    let every_ms = draw.random.random_range(20..=200);
    let mut entries = vec![fault, Entry::Repeat { from_ms: 0, key: 1, count: 8, every_ms }];
    for key in 2..=draw.random.random_range(1..=4) {
        entries.push(Entry::Repeat { from_ms: draw.random.random_range(0..=20), key, count: 3, every_ms: 211 });
    }
    plan(policy, entries)
}

/// A few keys, read again and again while their answers are fresh, in a cache that just holds them.
pub fn repeated(draw: &mut Draw) -> Schedule {
    let keys = draw.random.random_range(1..=4u32);
    let ttl_ms = draw.random.random_range(800..=3_000);
    let policy = Policy { ttl_ms, capacity: keys as usize, ..roomy(draw) };
    let entry = |key: u32| {
        let every_ms = draw.random.random_range(110..=300);
        Entry::Repeat { from_ms: u64::from(key) * 5, key, count: draw.random.random_range(2..=7), every_ms }
    };
    plan(policy, (1..=keys).map(entry).collect())
}

/// Keys that another client changes while they are read again and again.
pub fn changing(draw: &mut Draw) -> Schedule {
    let ttl_ms = draw.random.random_range(300..=900);
    let policy = Policy { ttl_ms, ..roomy(draw) };
    let mut entries = Vec::new();
    for key in 1..=draw.random.random_range(1..=2u32) {
        // Longer than a round trip, so that reads of a key don't overlap.
        let every_ms = (ttl_ms / draw.random.random_range(2..=4) + 3).max(110);
        entries.push(Entry::Repeat { from_ms: u64::from(key) * 7, key, count: 14, every_ms });
        for _ in 0..draw.random.random_range(1..=2) {
            entries.push(Entry::Elsewhere { at_ms: draw.random.random_range(100..=ttl_ms * 2), key });
        }
    }
    plan(policy, entries)
}

/// Keys that are not there when they are first read.
pub fn missing(draw: &mut Draw) -> Schedule {
    let Plan { setup, mut entries } = changing(draw);
    entries.push(Entry::Missing { key: 1 });
    entries.push(Entry::Missing { key: 2 });
    Plan { setup, entries }
}

/// More keys than the cache may hold, and then all of them at the same moment.
pub fn bursts(draw: &mut Draw) -> Schedule {
    let capacity = draw.random.random_range(1..=8u32);
    let policy = Policy { capacity: capacity as usize, ..roomy(draw) };
    let count = capacity + draw.random.random_range(1..=2 * capacity);
    let every_ms = [0, 1, 130][draw.random.random_range(0..3)];
    let filled_ms = u64::from(count) * every_ms + 400;
    let mut entries = vec![Entry::Reads { from_ms: 0, first: 1, count, every_ms }, reads(filled_ms, 1, count)];
    if draw.random.random_bool(0.5) {
        entries.push(Entry::Write { at_ms: filled_ms + 200, key: draw.random.random_range(1..=count) });
        entries.push(reads(filled_ms + 600, 1, count));
    }
    plan(policy, entries)
}

/// A few keys that are read often, and many that are read once, one after another.
pub fn working_set(draw: &mut Draw) -> Schedule {
    let hot = draw.random.random_range(1..=3u32);
    let spare = draw.random.random_range(2..=4u32);
    let policy = Policy { ttl_ms: 60_000, capacity: (hot + spare) as usize, ..roomy(draw) };
    let mut entries: Vec<Entry> =
        (1..=hot).map(|key| Entry::Repeat { from_ms: u64::from(key) * 10, key, count: 3, every_ms: 200 }).collect();
    let mut at_ms = 1_000;
    let mut cold = 100;
    for _ in 0..draw.random.random_range(3..=6) {
        // Fewer than `spare`, so that neither the least recently nor the least frequently used is a hot one.
        let count = draw.random.random_range(1..spare);
        entries.push(Entry::Reads { from_ms: at_ms, first: cold, count, every_ms: 130 });
        cold += count;
        at_ms += u64::from(count) * 130 + 130;
        entries.extend((1..=hot).map(|key| read(at_ms + u64::from(key) * 5, key)));
        at_ms += 200;
    }
    plan(policy, entries)
}

fn slow(op: Op, nth: u32, there_ms: u64, back_ms: u64) -> Entry {
    Entry::Slow { op, key: 1, nth, there_ms, back_ms }
}

/// Writes, now and then two of them that cross, and reads well before and after them.
pub fn writes(draw: &mut Draw) -> Schedule {
    let policy = roomy(draw);
    let mut entries = vec![read(0, 1)];
    if draw.random.random_bool(0.3) {
        entries.push(Entry::Missing { key: 1 });
    }
    let mut at_ms = 300;
    let mut nth = 0;
    for _ in 0..draw.random.random_range(1..=3) {
        nth += 1;
        entries.push(Entry::Write { at_ms, key: 1 });
        if draw.random.random_bool(0.6) {
            let late_ms = draw.random.random_range(50..=150);
            let back = draw.random.random_bool(0.5);
            entries.push(slow(Op::Write, nth, if back { 0 } else { late_ms }, if back { late_ms } else { 0 }));
            nth += 1;
            entries.push(Entry::Write { at_ms: at_ms + draw.random.random_range(5..=40), key: 1 });
        }
        entries.push(Entry::Repeat { from_ms: at_ms + 400, key: 1, count: 2, every_ms: 150 });
        at_ms += 1_000;
    }
    plan(policy, entries)
}

/// Fetches and writes of one key at the same time, some of them slow.
pub fn races(draw: &mut Draw) -> Schedule {
    let policy = roomy(draw);
    let mut entries = Vec::new();
    for nth in 0..draw.random.random_range(1..=2u32) {
        let from_ms = u64::from(nth) * 25_000;
        let late_ms = draw.random.random_range(60..=250);
        let every_ms = draw.random.random_range(20..=60);
        match draw.random.random_range(0..3) {
            // The answer to a fetch is late; the write begins and ends while it is on its way.
            0 | 1 => {
                entries.push(read(from_ms, 1));
                entries.push(slow(Op::Fetch, nth + 1, 0, late_ms));
                entries.push(Entry::Write { at_ms: from_ms + draw.random.random_range(0..=60), key: 1 });
            }
            // The write is late; a fetch begins after it and comes back before it is applied.
            _ => {
                entries.push(Entry::Write { at_ms: from_ms, key: 1 });
                entries.push(slow(Op::Write, nth + 1, late_ms, 0));
                entries.push(read(from_ms + draw.random.random_range(1..=50), 1));
            }
        }
        entries.push(Entry::Repeat { from_ms: from_ms + 70, key: 1, count: 12, every_ms });
    }
    plan(policy, entries)
}

/// Writes that are applied and fail.
pub fn failed_writes(draw: &mut Draw) -> Schedule {
    let policy = roomy(draw);
    let mut entries = Vec::new();
    for nth in 1..=draw.random.random_range(1..=3u32) {
        let at_ms = u64::from(nth) * 1_000;
        entries.push(read(at_ms, 1));
        entries.push(Entry::Write { at_ms: at_ms + 200, key: 1 });
        if nth == 1 || draw.random.random_bool(0.5) {
            entries.push(Entry::Unsure { key: 1, nth });
        }
        entries.push(read(at_ms + 400, 1));
    }
    plan(policy, entries)
}
