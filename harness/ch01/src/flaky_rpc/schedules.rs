//! Which schedules put each promise to the test.

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;

use super::contract::Policy;
use super::world::{Entry, Fate, Setup};

type Schedule = Plan<Setup, Entry>;

/// A policy under which a call has time for a good number of attempts.
pub const PATIENT: Policy = Policy {
    attempt_timeout_ms: 200,
    deadline_ms: 5_000,
    backoff_base_ms: 40,
    backoff_cap_ms: 640,
    retry_burst: 40,
    retries_per_s: 10,
};

fn one_client(policy: Policy, entries: Vec<Entry>) -> Schedule {
    Plan { setup: Setup { policy, clients: 1 }, entries }
}

fn calls(client: u32, from_ms: u64, count: u32, every_ms: u64, cents: u32) -> Entry {
    Entry::Calls { client, from_ms, count, every_ms, cents, same: false }
}

fn fate(attempt: u32, fate: Fate) -> Entry {
    Entry::Fate { client: 1, attempt, fate }
}

/// Some calls of one client, far enough apart to be over before the next.
fn some_calls(draw: &mut Draw) -> Vec<Entry> {
    let count = draw.random.random_range(1..=4);
    (0..count).map(|nth| calls(1, u64::from(nth) * 7_000, 1, 0, 100 + nth * 10)).collect()
}

fn patience(draw: &mut Draw) -> Policy {
    Policy {
        attempt_timeout_ms: draw.random.random_range(3..=12) * 25,
        backoff_base_ms: draw.random.random_range(1..=5) * 20,
        ..PATIENT
    }
}

/// A few attempts lose their request or their reply.
pub fn losses(draw: &mut Draw) -> Schedule {
    let policy = patience(draw);
    let mut entries = some_calls(draw);
    let reply_rate = draw.random.random_range(0.0..=1.0);
    for attempt in 1..=6 {
        if attempt == 1 || draw.random.random_bool(0.4) {
            let reply = draw.random.random_bool(reply_rate);
            entries.push(fate(attempt, if reply { Fate::ReplyLost } else { Fate::RequestLost }));
        }
    }
    one_client(policy, entries)
}

/// Replies that are lost after the charge was applied.
pub fn lost_replies(draw: &mut Draw) -> Schedule {
    let mut entries = some_calls(draw);
    entries.extend((1..=5).filter(|_| draw.random.random_bool(0.6)).map(|attempt| fate(attempt, Fate::ReplyLost)));
    entries.push(fate(1, Fate::ReplyLost));
    one_client(patience(draw), entries)
}

/// Nothing is ever answered, in one of several ways, under a random deadline.
pub fn hopeless(draw: &mut Draw) -> Schedule {
    let policy = Policy { deadline_ms: draw.random.random_range(300..=4_000), ..patience(draw) };
    let count = draw.random.random_range(1..=3);
    let mut entries: Vec<Entry> = (0..count).map(|nth| calls(1, u64::from(nth) * 6_000, 1, 0, 100 + nth)).collect();
    match draw.index % 3 {
        0 => entries.push(Entry::Outage { from_ms: 0, to_ms: 60_000, silent: true }),
        1 => entries.push(Entry::Outage { from_ms: 0, to_ms: 60_000, silent: false }),
        _ => entries.extend((1..=80).map(|attempt| {
            let retry_after_ms = draw.random.random_range(50..=900);
            fate(
                attempt,
                if draw.random.random_bool(0.5) { Fate::RequestLost } else { Fate::Overloaded { retry_after_ms } },
            )
        })),
    }
    one_client(policy, entries)
}

/// Nothing is answered and nothing but the deadline ends a call.
pub fn silence(draw: &mut Draw) -> Schedule {
    let deadline_ms = draw.random.random_range(1_000..=4_000);
    // A budget that is never used up, so that only the deadline ends a call.
    let policy = Policy { deadline_ms, retry_burst: 1_000, ..patience(draw) };
    let silent = draw.index.is_multiple_of(2);
    one_client(policy, vec![calls(1, 0, 1, 0, 100), Entry::Outage { from_ms: 0, to_ms: 60_000, silent }])
}

/// The bank refuses, at once or after an attempt was lost.
pub fn refusals(draw: &mut Draw) -> Schedule {
    let mut entries = some_calls(draw);
    let at = draw.random.random_range(1..=2);
    entries.push(fate(at, Fate::Rejected));
    if draw.random.random_bool(0.5) {
        entries.push(fate(at + 1, Fate::Rejected));
    }
    if at == 2 {
        entries.push(fate(1, Fate::RequestLost));
    }
    one_client(patience(draw), entries)
}

/// Many calls, one after the other, that all have to retry many times.
pub fn long_refusal(_: &mut Draw) -> Schedule {
    let policy = Policy {
        deadline_ms: 8_000,
        backoff_base_ms: 40,
        backoff_cap_ms: 640,
        retry_burst: 1_000,
        retries_per_s: 100,
        ..PATIENT
    };
    let outage = Entry::Outage { from_ms: 0, to_ms: 1_000_000, silent: false };
    one_client(policy, vec![calls(1, 0, 40, 10_000, 100), outage])
}

/// How many clients fail together in [`herd`].
pub const HERD: u32 = 40;

/// Many clients meet the same short outage.
pub fn herd(_: &mut Draw) -> Schedule {
    let policy = Policy { backoff_base_ms: 400, backoff_cap_ms: 3_200, ..PATIENT };
    let mut entries: Vec<Entry> = (1..=HERD).map(|client| calls(client, 0, 1, 0, 100)).collect();
    entries.push(Entry::Outage { from_ms: 0, to_ms: 1, silent: true });
    Plan { setup: Setup { policy, clients: HERD }, entries }
}

/// Calls that look the same, of two clients, with lost replies.
pub fn look_alikes(draw: &mut Draw) -> Schedule {
    let same = |client, count| Entry::Calls { client, from_ms: 0, count, every_ms: 7_000, cents: 500, same: true };
    let mut entries = vec![same(1, draw.random.random_range(2..=3)), same(2, draw.random.random_range(1..=3))];
    entries.extend((1..=3).filter(|_| draw.random.random_bool(0.5)).map(|attempt| fate(attempt, Fate::ReplyLost)));
    Plan { setup: Setup { policy: patience(draw), clients: 2 }, entries }
}

/// Replies that come after their attempt was given up, while other calls wait.
pub fn late_replies(draw: &mut Draw) -> Schedule {
    let policy = Policy { attempt_timeout_ms: 100, ..PATIENT };
    let mut entries = Vec::new();
    for nth in 0..draw.random.random_range(2..=5u32) {
        entries.push(calls(1, u64::from(nth) * draw.random.random_range(150..=400), 1, 0, 100 + nth * 10));
    }
    for attempt in 1..=4 {
        if attempt == 1 || draw.random.random_bool(0.5) {
            entries.push(fate(attempt, Fate::ReplyLate { by_ms: draw.random.random_range(95..=500) }));
        }
    }
    one_client(policy, entries)
}

/// A long outage under many calls.
pub fn outage(draw: &mut Draw) -> Schedule {
    let policy = Policy {
        deadline_ms: 2_000,
        retry_burst: draw.random.random_range(5..=20),
        retries_per_s: draw.random.random_range(1..=5),
        ..PATIENT
    };
    let silent = draw.index.is_multiple_of(2);
    let from_ms = draw.random.random_range(0..=3_000);
    let outage = Entry::Outage { from_ms, to_ms: from_ms + 15_000, silent };
    let every_ms = draw.random.random_range(50..=100);
    one_client(policy, vec![calls(1, 0, 200, every_ms, 1_000), outage, calls(1, 30_000, 3, 3_000, 5_000)])
}

/// The server is busy for a few attempts.
pub fn overload(draw: &mut Draw) -> Schedule {
    let mut entries = some_calls(draw);
    for attempt in 1..=4 {
        if attempt == 1 || draw.random.random_bool(0.4) {
            let retry_after_ms = draw.random.random_range(100..=1_500);
            entries.push(fate(attempt, Fate::Overloaded { retry_after_ms }));
        }
    }
    one_client(patience(draw), entries)
}

/// Callers that go away in the middle of a call that finds no answer.
pub fn departures(draw: &mut Draw) -> Schedule {
    let silent = draw.random.random_bool(0.5);
    let mut entries = vec![Entry::Outage { from_ms: 0, to_ms: 60_000, silent }];
    for nth in 0..draw.random.random_range(1..=3u32) {
        let after_ms = draw.random.random_range(50..=1_500);
        entries.push(Entry::Dropped { client: 1, at_ms: u64::from(nth) * 500, after_ms, cents: 100 + nth * 10 });
    }
    one_client(patience(draw), entries)
}

/// Errors of several kinds until the deadline or the budget ends the call.
pub fn errors(draw: &mut Draw) -> Schedule {
    let policy = Policy { deadline_ms: 2_000, retry_burst: draw.random.random_range(3..=40), ..patience(draw) };
    let mut entries = vec![calls(1, 0, 1, 0, 100)];
    for attempt in 1..=8 {
        if draw.random.random_bool(0.3) {
            entries.push(fate(attempt, Fate::Overloaded { retry_after_ms: draw.random.random_range(10..=200) }));
        }
    }
    entries.push(Entry::Outage { from_ms: 0, to_ms: 60_000, silent: false });
    one_client(policy, entries)
}
