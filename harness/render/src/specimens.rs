//! Runs for tests to draw and to export.

use rand::RngExt;
use sim::{Choice, EventId, Lane, Life, MessageId, Tone, Trace};

/// A cluster in which a leader sends heartbeats for long, crashes, is replaced, and comes back.
pub(crate) fn cluster(nodes: u16) -> (Trace, EventId) {
    let mut trace = Trace::new((1..=nodes).map(|n| format!("n{n}")));
    for n in 0..nodes {
        trace.life(0, Lane(n), Life::Up, "boots");
    }
    let mut at_us = 150_000;
    trace.note(at_us, Lane(0), Tone::Plain, "election timeout, term 1");
    // Later nodes are further away.
    let way_us = |n: u16| 3_000 + u64::from(n) * 4_000 / u64::from(nodes);
    let round = |trace: &mut Trace, at_us: u64, leader: u16, ask: &str, answer: &str, down: &[u16]| {
        let sent: Vec<_> =
            (0..nodes).filter(|n| *n != leader).map(|n| (n, trace.send(at_us, Lane(leader), Lane(n), ask))).collect();
        let mut back = Vec::new();
        for (n, message) in sent {
            if down.contains(&n) {
                trace.lost(at_us + way_us(n), Lane(leader), message, format!("n{} is down", n + 1));
            } else {
                trace.receive(at_us + way_us(n), Lane(n), message);
                back.push((n, trace.send(at_us + way_us(n), Lane(n), Lane(leader), answer)));
            }
        }
        for (n, message) in back {
            trace.receive(at_us + 4_000 + way_us(n), Lane(leader), message);
        }
    };
    round(&mut trace, at_us, 0, "vote? term 1", "yes term 1", &[]);
    trace.note(at_us + 12_000, Lane(0), Tone::Good, "leader of term 1");
    for _ in 0..30 {
        at_us += 50_000;
        round(&mut trace, at_us, 0, "append term 1", "ok", &[]);
    }
    at_us += 20_000;
    trace.world(at_us, Tone::Fault, "network splits: n1 n2 │ n3");
    trace.life(at_us + 5_000, Lane(0), Life::Down, "crashes, loses what was not synced");
    trace.life(at_us + 6_000, Lane(2), Life::Paused, "pauses");
    at_us += 150_000;
    trace.note(at_us, Lane(1), Tone::Plain, "election timeout, term 2");
    trace.life(at_us + 1_000, Lane(2), Life::Up, "goes on");
    trace.world(at_us + 1_500, Tone::Good, "network heals");
    round(&mut trace, at_us + 2_000, 1, "vote? term 2", "yes term 2", &[0]);
    trace.note(at_us + 14_000, Lane(1), Tone::Good, "leader of term 2");
    at_us += 50_000;
    round(&mut trace, at_us, 1, "append term 2", "ok", &[0]);
    trace.life(at_us + 20_000, Lane(0), Life::Up, "boots from its disk");
    round(&mut trace, at_us + 50_000, 0, "append term 1", "no", &[]);
    let focus = trace.note(at_us + 65_000, Lane(0), Tone::Bad, "still leader of term 1");
    (trace, focus)
}

/// Anything the simulator could record, and more.
pub(crate) fn random(seed: u64) -> Trace {
    let random = &mut Choice::new(seed).stream("trace");
    let lanes = random.random_range(1..=9u16);
    let mut trace = Trace::new((0..lanes).map(|lane| format!("node {lane}")));
    let words = |random: &mut sim::Random| {
        "a few words, longword ".repeat(5).split_at(random.random_range(0..110)).0.to_owned()
    };
    let mut under_way: Vec<(Lane, Lane, MessageId)> = Vec::new();
    let mut at_us = 0;
    for _ in 0..random.random_range(1..60) {
        at_us += [0, 0, 500, 3_000, 70_000, 4_000_000][random.random_range(0..6usize)];
        let lane = Lane(random.random_range(0..lanes));
        let pick = under_way.len().checked_sub(1).map(|last| random.random_range(0..=last));
        match (random.random_range(0..7), pick) {
            (5, _) => {
                let state = [Life::Up, Life::Down, Life::Paused][random.random_range(0..3usize)];
                trace.life(at_us, lane, state, words(random));
            }
            (6, _) => drop(trace.world(at_us, Tone::Fault, words(random))),
            (0, _) => {
                let tone = [Tone::Plain, Tone::Good, Tone::Fault, Tone::Bad][random.random_range(0..4usize)];
                trace.note(at_us, lane, tone, words(random));
            }
            (1, Some(pick)) => {
                let (from, _, message) = under_way.swap_remove(pick);
                trace.lost(at_us, from, message, words(random));
            }
            // Not taken out: the network may deliver it again.
            (2, Some(pick)) => drop(trace.receive(at_us, under_way[pick].1, under_way[pick].2)),
            (3, Some(pick)) => drop(trace.receive(at_us, lane, under_way[pick].2)),
            _ => {
                let to = Lane(random.random_range(0..lanes));
                under_way.push((lane, to, trace.send(at_us, lane, to, words(random))));
            }
        }
    }
    trace
}
