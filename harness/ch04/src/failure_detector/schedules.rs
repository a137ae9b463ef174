//! Which schedules put each promise to the test.

use explore::Plan;
use harness::NodeId;
use harness::exercise::Draw;
use rand::RngExt;
use rand::seq::SliceRandom;
use sim::disk::Keep;
use sim::swarm::Kind;
use sim::{Fault, Span, Swarm, When};

use super::contract::{DETECT_MS, LEARN_MS, SETTLE_MS, SLOW_MS, START_MS, STILL_MS, TRUST_MS, WINDOW_MS};
use super::world::{Entry, Setup};

type Schedule = Plan<Setup, Entry>;

/// How long a run goes on after the last thing that is looked at came true, to see whether it stays so.
const AFTERWARDS_MS: u64 = 3_000;

/// As many as cannot all tell each other that they are alive.
pub const MANY: usize = 30;

const NEVER: u64 = u64::MAX / 1_000_000;

fn nodes(nodes: usize, heal_ms: u64, end_ms: u64, entries: Vec<Entry>) -> Schedule {
    Plan { setup: Setup { nodes, heal_ms, end_ms, frugal: false }, entries }
}

fn n(index: usize) -> NodeId {
    NodeId::new(index)
}

fn crash(node: NodeId, at_ms: u64, back_after_ms: Option<u64>) -> Entry {
    Entry::Fault(Fault::Crash { node, when: When::At(at_ms), back_after_ms, keep: Keep::Nothing })
}

fn pause(node: NodeId, from_ms: u64, until_ms: u64) -> Entry {
    Entry::Fault(Fault::Pause { node, span: Span::new(from_ms, until_ms) })
}

/// One or two nodes crash for good, neighbours too.
pub fn crashes(draw: &mut Draw) -> Schedule {
    let count = match draw.index {
        3 => MANY,
        _ => draw.random.random_range(3..=7),
    };
    // Soon, and when there was time to learn something that is not so.
    let first_ms = match draw.index {
        4 | 5 => draw.random.random_range(30_000..31_000),
        _ => draw.random.random_range(2_000..3_000),
    };
    let first = draw.random.random_range(0..count);
    let mut entries = vec![crash(n(first), first_ms, None)];
    let mut last_ms = first_ms;
    if count > 3 && draw.index % 2 == 1 {
        let second = (first + draw.random.random_range(1..count)) % count;
        let second = if draw.index == 1 { (first + 1) % count } else { second };
        last_ms += if draw.index == 1 { 0 } else { draw.random.random_range(0..2_000) };
        entries.push(crash(n(second), last_ms, None));
    }
    nodes(count, NEVER, last_ms + DETECT_MS + AFTERWARDS_MS, entries)
}

/// Messages take long, each another time, and clocks on the wall jump. Or messages are fast, and there are many nodes.
pub fn slow_network(draw: &mut Draw) -> Schedule {
    let many = draw.index == 1;
    let count = if many { MANY } else { draw.random.random_range(3..=6) };
    let (learned_ms, end_ms) = if many { (START_MS, START_MS + AFTERWARDS_MS) } else { (LEARN_MS, LEARN_MS + 10_000) };
    let mut entries = Vec::new();
    if !many {
        entries.push(Entry::Fault(Fault::Jittery { up_to_ms: SLOW_MS - 10, span: Span::new(0, end_ms + 1) }));
    }
    for _ in 0..2 {
        let by_ms = draw.random.random_range(-20_000..=60_000);
        let at_ms = draw.random.random_range(learned_ms..end_ms);
        entries.push(Entry::Fault(Fault::Jump { node: n(draw.random.random_range(0..count)), at_ms, by_ms }));
    }
    nodes(count, NEVER, end_ms, entries)
}

/// A node stands still again and again, for longer than a crash may go unnoticed.
pub fn stutter(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(3..=5);
    let node = n(draw.random.random_range(0..count));
    let from_ms = draw.random.random_range(1_000..2_000);
    let still_ms = draw.random.random_range(DETECT_MS + 500..=STILL_MS);
    let end_ms = from_ms + LEARN_MS + 15_000;
    let span = Span::new(from_ms, end_ms);
    nodes(count, NEVER, end_ms, vec![Entry::Stutter { node, still_ms, going_ms: 500, span }])
}

/// Nodes stand still, one after the other.
pub fn pauses(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(3..=6);
    let mut all: Vec<usize> = (0..count).collect();
    all.shuffle(&mut draw.random);
    let mut entries = Vec::new();
    let mut end_ms = 2_000;
    for node in &all[..draw.random.random_range(1..=2)] {
        let from_ms = end_ms + draw.random.random_range(0..1_000);
        let until_ms = from_ms + draw.random.random_range(DETECT_MS + 500..9_000);
        entries.push(pause(n(*node), from_ms, until_ms));
        end_ms = until_ms + TRUST_MS + AFTERWARDS_MS;
    }
    nodes(count, NEVER, end_ms, entries)
}

/// Nodes crash and come back: at once, or when everybody has suspected them for long.
pub fn restarts(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(3..=5);
    let node = n(draw.random.random_range(0..count));
    let mut entries = Vec::new();
    // Long enough that it takes too long to count up to there again.
    let mut end_ms = 12_000;
    for life in 0..2 {
        let at_ms = end_ms + draw.random.random_range(0..1_000);
        let back_after_ms = match (draw.index + life) % 2 {
            0 => draw.random.random_range(DETECT_MS + 500..8_000),
            _ => draw.random.random_range(1..800),
        };
        entries.push(crash(node, at_ms, Some(back_after_ms)));
        end_ms = at_ms + back_after_ms + TRUST_MS + AFTERWARDS_MS;
    }
    nodes(count, NEVER, end_ms, entries)
}

/// Everything goes wrong, and then nothing any more.
pub fn trouble(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(3..=6);
    let heal_ms = 12_000;
    let mut entries = match draw.index {
        // Long enough that each side has given up the other.
        0 => {
            let side = (0..count / 2).map(n).collect();
            vec![Entry::Fault(Fault::Split { side, span: Span::new(2_000, 11_000) })]
        }
        // Everybody has learned to be patient with a node, ever more, and then it dies.
        1 => {
            let pauses = [(2_000, 6_500), (7_500, 14_500), (15_500, 26_500), (27_500, 41_500)];
            let mut entries: Vec<Entry> = pauses.map(|(from_ms, until_ms)| pause(n(0), from_ms, until_ms)).into();
            entries.push(crash(n(0), 46_000, None));
            return nodes(count, 46_001, 46_001 + SETTLE_MS + AFTERWARDS_MS, entries);
        }
        // All the others die.
        2 => (1..count).map(|node| crash(n(node), 3_000 + 10 * node as u64, None)).collect(),
        // Who measures silence with the clock on the wall waits for a minute now.
        3 => {
            let back = Fault::Jump { node: n(0), at_ms: 3_500, by_ms: -60_000 };
            return nodes(
                count,
                3_501,
                3_501 + SETTLE_MS + AFTERWARDS_MS,
                vec![crash(n(1), 3_000, None), Entry::Fault(back)],
            );
        }
        _ => {
            let kinds = [&Kind::NETWORK[..], &[Kind::Crash, Kind::Pause, Kind::Clock, Kind::SlowNode]].concat();
            let swarm = Swarm { clock_error_ms: 20_000, ..Swarm::of(count, &kinds, heal_ms) };
            swarm.draw(&mut draw.random).into_iter().map(Entry::Fault).collect()
        }
    };
    if draw.index > 3 && draw.random.random_bool(0.5) {
        entries.push(crash(n(draw.random.random_range(0..count)), draw.random.random_range(1_000..heal_ms), None));
    }
    nodes(count, heal_ms, heal_ms + SETTLE_MS + AFTERWARDS_MS, entries)
}

/// A node is taken for dead and lives: nobody hears it, or it stands still, or both at different times.
pub fn mistaken(draw: &mut Draw) -> Schedule {
    let count = draw.random.random_range(3..=5);
    let node = n(draw.random.random_range(0..count));
    let others = (0..count).map(n).filter(|other| *other != node).collect();
    let from_ms = draw.random.random_range(2_000..3_000);
    let until_ms = from_ms + draw.random.random_range(DETECT_MS + 500..8_000);
    let unheard = Fault::OneWay { from: vec![node], to: others, span: Span::new(from_ms, until_ms) };
    let entries = match draw.index % 3 {
        0 => vec![Entry::Fault(unheard)],
        1 => vec![pause(node, from_ms, until_ms)],
        _ => vec![Entry::Fault(unheard), pause(node, until_ms + 1_000, until_ms + 6_000)],
    };
    nodes(count, NEVER, until_ms + 10_000, entries)
}

/// So many nodes, in a calm network, and one crashes.
pub fn many(draw: &mut Draw) -> Schedule {
    let count = [MANY, 4][(draw.index % 2) as usize];
    let at_ms = draw.random.random_range(2_000..2_500);
    let node = n(draw.random.random_range(0..count));
    // Three windows, where that is cheap, for what is a little more each time.
    let windows = if count == MANY { 1 } else { 3 };
    let mut schedule = nodes(count, NEVER, windows * WINDOW_MS - 1, vec![crash(node, at_ms, None)]);
    schedule.setup.frugal = true;
    schedule
}
