//! Which schedules put each promise to the test.
//!
//! The first of each are set pieces: the shortest story in which the classic bug shows. The others are drawn.

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;
use sim::disk::Keep;
use sim::swarm::Kind;
use sim::{Fault, NodeId, Span, Swarm, When};

use super::contract::{Token, Write};
use super::world::{Entry, SERVICE, Setup};

type Schedule = Plan<Setup, Entry>;

/// The lease, where a schedule says nothing else.
const LEASE_MS: u64 = 1_000;

fn service() -> NodeId {
    NodeId::new(SERVICE)
}

fn client(nth: usize) -> NodeId {
    NodeId::new(nth)
}

fn storage(clients: usize) -> NodeId {
    NodeId::new(clients + 1)
}

fn session(nth: usize, at_ms: u64, hold_ms: u64, writes: u32) -> Entry {
    Entry::Session { client: client(nth), at_ms, hold_ms, writes }
}

fn fault(fault: Fault) -> Entry {
    Entry::Fault(fault)
}

fn crash(node: NodeId, when: When, back_after_ms: Option<u64>) -> Entry {
    fault(Fault::Crash { node, when, back_after_ms, keep: Keep::Nothing })
}

fn setup(clients: usize, heal_ms: u64) -> Setup {
    Setup { clients, lease_ms: LEASE_MS, drift_ppm: 1_000, heal_ms, until_ms: heal_ms }
}

fn cut(nth: usize, from_ms: u64, until_ms: u64) -> Entry {
    fault(Fault::Split { side: vec![client(nth)], span: Span::new(from_ms, until_ms) })
}

/// Two or three clients that want the lock again and again, and everything that may happen to them and the network.
pub fn storms(draw: &mut Draw) -> Schedule {
    match draw.index {
        0 => {
            let entries = vec![session(1, 10, 3_000, 0), session(2, 100, 300, 0), cut(1, 200, 2_500)];
            Plan { setup: setup(2, 3_000), entries }
        }
        1 => {
            let pause = fault(Fault::Pause { node: client(1), span: Span::new(60, 1_500) });
            Plan { setup: setup(2, 3_000), entries: vec![session(1, 10, 3_000, 0), session(2, 100, 2_000, 0), pause] }
        }
        2 => Plan { setup: setup(2, 100), entries: vec![session(1, 10, 500, 0), session(2, 10, 500, 0)] },
        _ => {
            let clients = draw.random.random_range(2..=3);
            let mut entries = Vec::new();
            for nth in 1..=clients {
                for round in 0..2 {
                    let at_ms = 10 + round * 1_500 + draw.random.random_range(0..500);
                    entries.push(session(nth, at_ms, draw.random.random_range(50..=2_000), 0));
                }
            }
            let kinds = [&Kind::NETWORK[..], &[Kind::Pause, Kind::Crash, Kind::SlowNode]].concat();
            let mortal = (1..=clients).map(client).collect();
            let swarm =
                Swarm { nodes: (0..=clients).map(NodeId::new).collect(), mortal, ..Swarm::of(0, &kinds, 3_000) };
            entries.extend(swarm.draw(&mut draw.random).into_iter().map(fault));
            Plan { setup: setup(clients, 3_000), entries }
        }
    }
}

/// The service's answer to the holder is late, then the holder is cut off, and another client waits.
pub fn slow_answers(draw: &mut Draw) -> Schedule {
    if draw.index % 3 == 2 {
        return answers_to_the_dead(draw);
    }
    let by_ms = draw.random.random_range(300..=900);
    let nth = if draw.index.is_multiple_of(2) { 1 } else { draw.random.random_range(2..=4) };
    let late = fault(Fault::Delay { from: service(), to: client(1), nth, by_ms });
    let from_ms = draw.random.random_range(30..=700);
    let one_way = fault(Fault::OneWay { from: vec![client(1)], to: vec![service()], span: Span::new(from_ms, 3_500) });
    let entries = vec![session(1, 10, 3_000, 0), session(2, 900, 2_000, 0), late, one_way];
    Plan { setup: setup(2, 3_500), entries }
}

/// Clocks run as wrongly as they may, and the holder is cut off while another waits.
pub fn drifts(draw: &mut Draw) -> Schedule {
    let drift_ppm = if draw.index.is_multiple_of(2) { 100_000 } else { draw.random.random_range(20_000..=100_000) };
    let ppm = drift_ppm as i32;
    let lease_ms = draw.random.random_range(2_000..=4_000);
    let slow = fault(Fault::Drift { node: client(1), ppm: -ppm });
    let fast = fault(Fault::Drift { node: service(), ppm });
    let from_ms = draw.random.random_range(30..=lease_ms);
    let heal_ms = from_ms + 2 * lease_ms;
    let entries = vec![
        session(1, 10, 20_000, 0),
        session(2, from_ms + lease_ms / 2, 4_000, 0),
        slow,
        fast,
        cut(1, from_ms, heal_ms),
    ];
    Plan { setup: Setup { clients: 2, lease_ms, drift_ppm, heal_ms, until_ms: heal_ms }, entries }
}

/// A clock on the wall jumps or stops, and the holder is cut off while another waits.
pub fn jumps(draw: &mut Draw) -> Schedule {
    let at_ms = draw.random.random_range(80..=600);
    let by_ms = draw.random.random_range(500..=3_000);
    let wrong = match draw.index % 4 {
        0 => Fault::Jump { node: client(1), at_ms, by_ms: -by_ms },
        1 => Fault::Jump { node: service(), at_ms, by_ms },
        2 => Fault::Freeze { node: client(1), span: Span::new(at_ms, 2_900) },
        _ => Fault::Jump { node: client(2), at_ms, by_ms: -by_ms },
    };
    let from_ms = draw.random.random_range(30..=400);
    let entries = vec![session(1, 10, 3_000, 0), session(2, 650, 3_000, 0), fault(wrong), cut(1, from_ms, 3_000)];
    Plan { setup: setup(2, 3_000), entries }
}

/// The service crashes while somebody holds the lock and somebody waits. What it has written down about the time may be wrong
/// when it is back.
pub fn restarts(draw: &mut Draw) -> Schedule {
    let when = match draw.index % 4 {
        0 => When::At(200),
        1 => When::BeforeSend(draw.random.random_range(1..=4)),
        2 => When::AfterSync(draw.random.random_range(1..=2)),
        _ => When::At(draw.random.random_range(30..=1_500)),
    };
    let mut entries = vec![session(1, 10, 1_500, 0), session(2, 20, 1_000, 0)];
    entries.push(crash(service(), when, Some(draw.random.random_range(1..=200))));
    if draw.index > 3 {
        let at_ms = draw.random.random_range(300..=1_500);
        entries.push(crash(service(), When::At(at_ms), Some(draw.random.random_range(1..=100))));
        entries.push(cut(1, draw.random.random_range(100..=800), 2_000));
    }
    if draw.index % 4 == 3 {
        let by_ms = draw.random.random_range(1_000..=3_000);
        entries.push(fault(Fault::Jump { node: service(), at_ms: draw.random.random_range(30..=300), by_ms }));
    }
    Plan { setup: setup(2, 2_000), entries }
}

/// The lock goes round, and the service crashes in between, or a client, or a clock jumps back.
pub fn many_acquisitions(draw: &mut Draw) -> Schedule {
    let twice = vec![session(1, 10, 100, 0), session(2, 20, 100, 0)];
    let more = match draw.index {
        0 => vec![crash(service(), When::At(60), Some(20))],
        1 => vec![fault(Fault::Jump { node: service(), at_ms: 60, by_ms: -5_000 })],
        // The same client wants it again, before its first lease is over.
        2 => vec![crash(client(1), When::At(60), Some(20)), session(1, 100, 100, 0)],
        _ => Vec::new(),
    };
    if !more.is_empty() {
        return Plan { setup: setup(2, 500), entries: [twice, more].concat() };
    }
    let mut entries: Vec<Entry> = (0..3).flat_map(|_| [session(1, 10, 100, 0), session(2, 60, 100, 0)]).collect();
    let when = match draw.index % 4 {
        0 => When::At(draw.random.random_range(150..=400)),
        1 => When::BeforeSync(draw.random.random_range(1..=4)),
        2 => When::AfterSync(draw.random.random_range(1..=4)),
        _ => When::BeforeSend(draw.random.random_range(1..=6)),
    };
    entries.push(crash(service(), when, Some(draw.random.random_range(1..=100))));
    let at_ms = draw.random.random_range(150..=2_500);
    let node = if draw.index.is_multiple_of(3) { client(1) } else { service() };
    entries.push(crash(node, When::At(at_ms), Some(draw.random.random_range(1..=50))));
    Plan { setup: setup(2, 3_000), entries }
}

/// Nothing fails; clocks drift, and a lock is held for many leases.
pub fn long_holds(draw: &mut Draw) -> Schedule {
    let hold_ms = draw.random.random_range(3..=6) * LEASE_MS;
    let mut entries = vec![session(1, 10, hold_ms, 1), session(2, 300, 500, 0)];
    if draw.index > 0 {
        let mut ppm = || draw.random.random_range(-20_000..=20_000);
        entries.push(fault(Fault::Drift { node: client(1), ppm: ppm() }));
        entries.push(fault(Fault::Drift { node: service(), ppm: ppm() }));
    }
    Plan { setup: Setup { drift_ppm: 20_000, ..setup(2, 100) }, entries }
}

/// One message of a client comes once more, much later. Nothing else happens.
pub fn late_messages(draw: &mut Draw) -> Schedule {
    if draw.index == 0 {
        let late = fault(Fault::Duplicate { from: client(1), to: service(), nth: 4, after_ms: 300 });
        let entries = vec![session(1, 10, 700, 0), session(1, 750, 1_500, 0), session(2, 800, 500, 0), late];
        return Plan { setup: setup(2, 3_000), entries };
    }
    let nth = draw.random.random_range(1..=8);
    let after_ms = draw.random.random_range(300..=4_000);
    let mut entries = match draw.index % 2 {
        0 => {
            vec![session(1, 10, 700, 0), session(1, 750, 1_500, 0), session(2, 740, 2_500, 0), session(3, 760, 300, 0)]
        }
        _ => vec![session(1, 10, 700, 0), session(2, 50, 4_000, 0), session(3, 60, 300, 0)],
    };
    entries.push(fault(Fault::Duplicate { from: client(1), to: service(), nth, after_ms }));
    if draw.index > 4 {
        let nth = draw.random.random_range(1..=8);
        let after_ms = draw.random.random_range(300..=4_000);
        entries.push(fault(Fault::Duplicate { from: service(), to: client(1), nth, after_ms }));
    }
    Plan { setup: setup(3, 8_000), entries }
}

/// An answer of the service to a client comes once more when the client has crashed and wants the lock again, or has it.
fn answers_to_the_dead(draw: &mut Draw) -> Schedule {
    let at_ms = draw.random.random_range(1_000..=2_500);
    let nth = draw.random.random_range(3..=8);
    let entries = vec![
        session(1, 10, 3_000, 0),
        crash(client(1), When::At(at_ms), Some(5)),
        session(1, at_ms + 20, 2_500, 0),
        session(2, at_ms + 40, 1_500, 0),
        fault(Fault::Duplicate {
            from: service(),
            to: client(1),
            nth,
            after_ms: draw.random.random_range(600..=2_500),
        }),
        cut(1, at_ms + draw.random.random_range(1_000..=1_800), at_ms + 5_000),
    ];
    Plan { setup: setup(2, at_ms + 5_000), entries }
}

/// The holder crashes, for good or to come back with nothing in mind; or it hears nothing any more, although it is heard.
pub fn deaths(draw: &mut Draw) -> Schedule {
    // The service may have been up for long.
    let begin_ms = if draw.index % 5 == 4 { 8_000 } else { 0 };
    let at_ms = begin_ms + if draw.index == 0 { 200 } else { draw.random.random_range(60..=2_500) };
    let heal_ms = begin_ms + 2_600;
    let mut entries = vec![session(1, begin_ms + 10, 3_000, 0), session(2, begin_ms + 40, 300, 0)];
    entries.push(match draw.index % 4 {
        3 => {
            let span = Span::new(at_ms, heal_ms);
            fault(Fault::OneWay { from: vec![service()], to: vec![client(1)], span })
        }
        nth => crash(client(1), When::At(at_ms), (nth == 1).then_some(50)),
    });
    if draw.index > 3 {
        // Every other time, about when the lease is over and the lock goes to another.
        let at_ms = match draw.index % 2 {
            0 => at_ms + draw.random.random_range(LEASE_MS * 3 / 4..=LEASE_MS * 5 / 4),
            _ => begin_ms + draw.random.random_range(100..=2_500),
        };
        entries.push(crash(service(), When::At(at_ms.min(heal_ms - 110)), Some(100)));
    }
    Plan { setup: setup(2, heal_ms), entries }
}

/// Nothing fails but that messages are a little late, and the lock goes round.
pub fn calm(draw: &mut Draw) -> Schedule {
    let clients = if draw.index == 0 { 2 } else { draw.random.random_range(2..=4) };
    let mut entries: Vec<Entry> = Vec::new();
    let rounds = if draw.index < 2 { 1 } else { 3 };
    for nth in (0..rounds).flat_map(|_| 1..=clients) {
        let at_ms = 10 + draw.random.random_range(0..100);
        // As likely as not, the release comes soon after a renewal of whoever renews four times in a lease.
        let hold_ms = match draw.random.random_bool(0.5) {
            true => draw.random.random_range(1..=4) * LEASE_MS / 4 + draw.random.random_range(0..50),
            false => draw.random.random_range(150..=1_200),
        };
        entries.push(session(nth, at_ms, hold_ms, draw.random.random_range(0..=2)));
    }
    if draw.index > 1 {
        let span = Span::new(0, 20_000);
        entries.push(fault(Fault::Jittery { up_to_ms: draw.random.random_range(20..=80), span }));
    }
    Plan { setup: setup(clients, 6_000), entries }
}

/// The holder is cut off from the service, or stands still, for longer than its lease.
pub fn cuts(draw: &mut Draw) -> Schedule {
    let from_ms = draw.random.random_range(60..=900);
    let until_ms = from_ms + draw.random.random_range(1_300..=2_500);
    let trouble = match draw.index % 3 {
        0 => cut(1, from_ms, until_ms),
        1 => fault(Fault::Pause { node: client(1), span: Span::new(from_ms, until_ms) }),
        _ => crash(service(), When::At(from_ms), Some(until_ms - from_ms)),
    };
    // As likely as not, one of the writes is open when the lease is over.
    let mut entries = vec![session(1, 10, 4_000, 12), trouble];
    if draw.index > 2 {
        entries.push(session(2, 300, 400, 1));
    }
    Plan { setup: setup(2, 3_500), entries }
}

/// The holder stands still, and is asked to write meanwhile.
pub fn pauses(draw: &mut Draw) -> Schedule {
    let hold_ms = draw.random.random_range(700..=1_600);
    // Shortly before the write, so that it is the first thing that the client hears of when it goes on.
    let from_ms = hold_ms / 2 - draw.random.random_range(0..40);
    let until_ms = from_ms + draw.random.random_range(1_300..=2_500);
    let pause = fault(Fault::Pause { node: client(1), span: Span::new(from_ms, until_ms) });
    let mut entries = vec![session(1, 10, hold_ms, 1), pause];
    if draw.index > 0 {
        entries.push(session(2, 50, 500, draw.random.random_range(0..=1)));
    }
    // Something is written in any case.
    entries.push(session(2, until_ms + 1_500, 200, 1));
    Plan { setup: setup(2, 3_000), entries }
}

/// Nothing fails, or only for a while.
pub fn writes(draw: &mut Draw) -> Schedule {
    let mut entries = vec![session(1, 10, draw.random.random_range(300..=1_500), 3), session(2, 20, 800, 3)];
    match draw.index {
        0 => Plan { setup: setup(2, 5), entries },
        1 => {
            entries.push(fault(Fault::Lose { from: client(1), to: storage(2), nth: 1 }));
            Plan { setup: setup(2, 5), entries }
        }
        2 => {
            entries.push(fault(Fault::Lose { from: storage(2), to: client(1), nth: 1 }));
            Plan { setup: setup(2, 5), entries }
        }
        _ => {
            let kinds = [Kind::Loss, Kind::Duplication, Kind::Delay];
            entries.extend(Swarm::of(4, &kinds, 1_000).draw(&mut draw.random).into_iter().map(fault));
            entries.push(session(1, 1_200, 800, 3));
            Plan { setup: setup(2, 1_000), entries }
        }
    }
}

/// Writes of a holder are late, by more than its lease; it stands still, or is cut off, and another has the lock meanwhile.
pub fn late_writes(draw: &mut Draw) -> Schedule {
    let by_ms = draw.random.random_range(1_600..=3_000);
    let mut entries = vec![session(1, 10, 600, 2), session(2, 60, 700, 2)];
    match draw.index % 3 {
        0 => {
            entries.push(fault(Fault::Duplicate { from: client(1), to: storage(2), nth: 1, after_ms: by_ms }));
            if draw.index > 0 {
                // When everybody has heard that everything is written.
                entries.push(crash(storage(2), When::At(1_600), Some(5)));
            }
        }
        1 => {
            let nth = draw.random.random_range(1..=2);
            entries.push(fault(Fault::Delay { from: client(1), to: storage(2), nth, by_ms }));
            entries.push(cut(1, draw.random.random_range(100..=250), by_ms));
        }
        _ => {
            // Only the way to the storage is cut, so that a write is still open when the lease is over.
            let span = Span::new(100, 2_000);
            entries.push(fault(Fault::OneWay { from: vec![client(1)], to: vec![storage(2)], span }));
            let from_ms = draw.random.random_range(250..=400);
            entries.push(fault(Fault::OneWay {
                from: vec![client(1)],
                to: vec![service()],
                span: Span::new(from_ms, 2_000),
            }));
            entries.push(session(1, 700, 600, 1));
        }
    }
    Plan { setup: setup(2, 3_500), entries }
}

fn direct(nth: u64, holder: usize, token: u64) -> Entry {
    let write = Write { holder: client(holder), token: Token(token), value: 1_000 + nth };
    Entry::Write { at_ms: 10 + nth * 50, write }
}

/// Writes with tokens up and down, and crashes of the storage in between.
pub fn tokens(draw: &mut Draw) -> Schedule {
    let mut entries: Vec<Entry> = Vec::new();
    match draw.index {
        0 => entries.extend([direct(0, 1, 5), direct(1, 2, 4)]),
        1 => entries.extend([direct(0, 1, 5), direct(1, 1, 5), direct(2, 2, 6), direct(3, 1, 5)]),
        _ => {
            // Of which holder a token is does not matter here: each has tokens of its own.
            let mut token = || {
                let holder = draw.random.random_range(1..=2);
                (holder, draw.random.random_range(1..=4u64) * 2 + holder as u64)
            };
            let tokens: Vec<(usize, u64)> = (0..8).map(|_| token()).collect();
            entries.extend((0..).zip(tokens).map(|(nth, (holder, token))| direct(nth, holder, token)));
        }
    }
    let crashes = if draw.index < 2 { 0 } else { draw.random.random_range(1..=2) };
    for _ in 0..crashes {
        let when = match draw.random.random_range(0..4) {
            0 => When::At(10 + 50 * draw.random.random_range(1..=7) + 40),
            1 => When::BeforeOutput(draw.random.random_range(1..=4)),
            2 => When::BeforeSync(draw.random.random_range(1..=3)),
            _ => When::AfterSync(draw.random.random_range(1..=3)),
        };
        entries.push(crash(storage(2), when, Some(5)));
    }
    Plan { setup: Setup { heal_ms: 600, until_ms: 600, ..setup(2, 600) }, entries }
}

/// Writes with the same token, of the same holder and of others.
pub fn equal_tokens(draw: &mut Draw) -> Schedule {
    let mut entries = vec![direct(0, 1, 5), direct(1, 2, 5)];
    for nth in 2..2 + draw.index.min(5) {
        let (holder, token) = (draw.random.random_range(1..=2), draw.random.random_range(4..=6));
        entries.push(direct(nth, holder, token));
    }
    Plan { setup: Setup { heal_ms: 600, until_ms: 600, ..setup(2, 600) }, entries }
}
