//! Which schedules put each promise to the test.
//!
//! The first of each are set pieces: the shortest story in which the classic bug shows. The others are drawn, each from
//! few kinds of faults.

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;
use sim::disk::Keep;
use sim::swarm::Kind;
use sim::{Fault, NodeId, Span, Swarm, When};

use super::contract::{Account, LATEST_MS};
use super::world::{Entry, SERVER, Setup};

type Schedule = Plan<Setup, Entry>;

/// Faults happen within this time, where a schedule says nothing else.
const STORM_MS: u64 = 600;

fn server() -> NodeId {
    NodeId::new(SERVER)
}

fn client(nth: usize) -> NodeId {
    NodeId::new(nth)
}

fn requests(nth: usize, from_ms: u64, count: u32, amount: u64) -> Entry {
    Entry::Requests { client: client(nth), from_ms, count, account: Account(1), amount, same: false }
}

fn fault(fault: Fault) -> Entry {
    Entry::Fault(fault)
}

fn schedule(clients: usize, window: u32, entries: Vec<Entry>) -> Schedule {
    Plan { setup: Setup { clients, window, heal_ms: STORM_MS, until_ms: STORM_MS + 200 }, entries }
}

fn window(draw: &mut Draw) -> u32 {
    draw.random.random_range(1..=4)
}

/// A few requests of one client, spread over the storm, all for different amounts.
fn some_requests(draw: &mut Draw) -> Vec<Entry> {
    let steps = draw.random.random_range(1..=2u64);
    let mut step = |nth: u64| {
        let from_ms = 10 + nth * draw.random.random_range(50..STORM_MS / 2);
        requests(1, from_ms, draw.random.random_range(1..=4), 100 + 10 * nth)
    };
    (0..steps).map(&mut step).collect()
}

fn faults(draw: &mut Draw, swarm: &Swarm) -> Vec<Entry> {
    swarm.draw(&mut draw.random).into_iter().map(fault).collect()
}

fn crash(node: NodeId, when: When, back_after_ms: u64, keep: Keep) -> Entry {
    fault(Fault::Crash { node, when, back_after_ms: Some(back_after_ms), keep })
}

/// Everything may fail but the client; one long outage; and nothing.
pub fn troubles(draw: &mut Draw) -> Schedule {
    let lose = |from, to, nth| fault(Fault::Lose { from, to, nth });
    match draw.index {
        0 => schedule(1, 1, vec![requests(1, 10, 1, 100), lose(client(1), server(), 1)]),
        1 => schedule(1, 1, vec![requests(1, 10, 1, 100), lose(server(), client(1), 1)]),
        2 => schedule(1, 4, vec![requests(1, 10, 6, 100), lose(server(), client(1), 1), lose(server(), client(1), 2)]),
        3 => {
            let until_ms = draw.random.random_range(15_000..=19_000);
            let outage = fault(Fault::Split { side: vec![server()], span: Span::new(5, until_ms) });
            let setup = Setup { clients: 1, window: 1, heal_ms: until_ms, until_ms };
            Plan { setup, entries: vec![requests(1, 10, 1, 100), outage] }
        }
        4 => schedule(1, 1, vec![requests(1, 10, 1, 100), crash(server(), When::At(11), 50, Keep::Nothing)]),
        5 => calm(draw),
        // More than a byte can count.
        6 => schedule(1, window(draw), vec![requests(1, 10, 300, 100), lose(server(), client(1), 7)]),
        _ => {
            let mut entries = some_requests(draw);
            let kinds = [&Kind::NETWORK[..], &[Kind::Crash, Kind::Pause, Kind::SlowNode]].concat();
            let swarm = Swarm { mortal: vec![server()], ..Swarm::of(2, &kinds, STORM_MS) };
            entries.extend(faults(draw, &swarm));
            schedule(1, window(draw), entries)
        }
    }
}

/// The same, and every other time a client that crashes: nobody waits for what it was asked before.
pub fn repeats_and_crashes(draw: &mut Draw) -> Schedule {
    if draw.index > 3 && draw.index % 2 == 1 { client_crashes(draw) } else { repeats(draw) }
}

/// One client whose messages come twice, late, or not at all.
pub fn repeats(draw: &mut Draw) -> Schedule {
    let again = |from, to, after_ms| fault(Fault::Duplicate { from, to, nth: 1, after_ms });
    match draw.index {
        0 => schedule(1, 1, vec![requests(1, 10, 1, 100), again(client(1), server(), 30)]),
        1 => schedule(1, 1, vec![requests(1, 10, 1, 100), again(server(), client(1), 30)]),
        2 => {
            schedule(1, 1, vec![requests(1, 10, 1, 100), fault(Fault::Lose { from: server(), to: client(1), nth: 1 })])
        }
        _ => {
            let mut entries = some_requests(draw);
            let swarm = Swarm::of(2, &[Kind::Duplication, Kind::Loss, Kind::Delay], STORM_MS);
            entries.push(again(client(1), server(), draw.random.random_range(0..300)));
            entries.extend(faults(draw, &swarm));
            schedule(1, window(draw), entries)
        }
    }
}

/// Requests of one client that look the same, at once and one after another.
pub fn equals(draw: &mut Draw) -> Schedule {
    let same = |from_ms, count| Entry::Requests {
        client: client(1),
        from_ms,
        count,
        account: Account(1),
        amount: 100,
        same: true,
    };
    let mut entries = vec![same(10, draw.random.random_range(2..=4))];
    if draw.index > 0 {
        entries.push(same(draw.random.random_range(20..400), draw.random.random_range(1..=3)));
        entries.extend(faults(draw, &Swarm::of(2, &[Kind::Duplication, Kind::Delay], STORM_MS)));
    }
    schedule(1, window(draw), entries)
}

/// Two to four clients that do the same at the same time, to the same account or to others.
pub fn several_clients(draw: &mut Draw) -> Schedule {
    let clients = if draw.index == 0 { 2 } else { draw.random.random_range(2..=4) };
    let count = if draw.index == 0 { 1 } else { draw.random.random_range(1..=3) };
    let other = draw.index % 3 == 1;
    let of = |nth: usize| {
        let account = Account(if other { (nth % 2) as u8 + 1 } else { 1 });
        Entry::Requests { client: client(nth), from_ms: 10, count, account, amount: 100, same: false }
    };
    let mut entries: Vec<Entry> = (1..=clients).map(of).collect();
    if draw.index > 1 {
        entries.extend(faults(draw, &Swarm::of(clients + 1, &[Kind::Duplication, Kind::Delay], STORM_MS)));
    }
    schedule(clients, window(draw), entries)
}

/// One client with several requests open at once, whose messages overtake one another.
pub fn pipelined(draw: &mut Draw) -> Schedule {
    let lose = |nth| fault(Fault::Lose { from: server(), to: client(1), nth });
    let again = |nth, after_ms| fault(Fault::Duplicate { from: server(), to: client(1), nth, after_ms });
    match draw.index {
        0 => schedule(1, 2, vec![requests(1, 10, 2, 100), lose(1)]),
        1 => schedule(1, 2, vec![requests(1, 10, 2, 100), lose(1), lose(2)]),
        2 => schedule(1, 1, vec![requests(1, 10, 4, 100), again(1, 15), again(2, 15)]),
        3 => late_answer(),
        _ => {
            let mut entries = vec![requests(1, 10, draw.random.random_range(2..=6), 100)];
            entries.push(fault(Fault::Jittery {
                up_to_ms: draw.random.random_range(20..200),
                span: Span::new(0, STORM_MS),
            }));
            let swarm = Swarm::of(2, &[Kind::Duplication, Kind::Loss, Kind::Delay], STORM_MS);
            entries.extend(faults(draw, &swarm));
            schedule(1, draw.random.random_range(2..=4), entries)
        }
    }
}

/// One client, and a server that crashes between any two things it does.
pub fn server_crashes(draw: &mut Draw) -> Schedule {
    let nth = draw.random.random_range(1..=3);
    let when = match draw.index % 4 {
        0 => When::BeforeSend(nth),
        1 => When::BeforeSync(nth),
        2 => When::AfterSync(nth),
        _ => When::At(draw.random.random_range(10..STORM_MS - 100)),
    };
    let keep = [Keep::Nothing, Keep::First(1), Keep::Everything, Keep::FirstThenTorn(0), Keep::First(2)];
    let keep = keep[draw.random.random_range(0..keep.len())];
    let back_after_ms = draw.random.random_range(1..=60);
    let mut entries = vec![requests(1, 10, 3, 100)];
    // Somebody asks on after the crash, or a server that lost its memory would not be noticed.
    entries.push(requests(1, 400, 1, 200));
    entries.push(crash(server(), when, back_after_ms, keep));
    entries.push(crash(server(), When::At(390), 1, Keep::Nothing));
    if draw.index > 5 {
        entries.extend(faults(
            draw,
            &Swarm { mortal: vec![server()], ..Swarm::of(2, &[Kind::Crash, Kind::Pause, Kind::Loss], STORM_MS) },
        ));
    }
    schedule(1, window(draw), entries)
}

/// A message of the first requests comes again when everything has long gone on, a few seconds later or nearly a minute,
/// dozens of deposits later or hundreds; the server or the client may have crashed meanwhile.
pub fn very_late(draw: &mut Draw) -> Schedule {
    let after_ms = match draw.index % 4 {
        1 | 2 => draw.random.random_range(50_000..=LATEST_MS),
        _ => draw.random.random_range(2_000..=6_000),
    };
    let count =
        if draw.index % 4 < 2 { draw.random.random_range(40..=60) } else { draw.random.random_range(400..=500) };
    let nth = if draw.index == 0 { 1 } else { draw.random.random_range(1..=6) };
    let mut entries =
        vec![requests(1, 10, count, 100), fault(Fault::Duplicate { from: client(1), to: server(), nth, after_ms })];
    if draw.index % 3 == 1 {
        let at_ms = draw.random.random_range(100..=1_900);
        entries.push(crash(server(), When::At(at_ms), 5, Keep::Nothing));
    }
    if draw.index % 3 == 2 {
        let at_ms = draw.random.random_range(60..=150);
        entries.push(crash(client(1), When::At(at_ms), 5, Keep::Nothing));
    }
    let until_ms = after_ms + 2_000;
    Plan { setup: Setup { clients: 1, window: window(draw), heal_ms: until_ms, until_ms }, entries }
}

/// A client crashes and asks for more when it is back.
pub fn client_crashes(draw: &mut Draw) -> Schedule {
    let when = match draw.index {
        0..=2 => When::At(200),
        _ => match draw.random.random_range(0..4) {
            0 => When::BeforeSend(draw.random.random_range(1..=4)),
            1 => When::BeforeSync(draw.random.random_range(1..=4)),
            2 => When::AfterSync(draw.random.random_range(1..=4)),
            _ => When::At(draw.random.random_range(12..300)),
        },
    };
    let mut entries = vec![requests(1, 10, 2, 100), requests(1, 320, 2, 250)];
    entries.push(crash(client(1), when, draw.random.random_range(1..=40), Keep::Nothing));
    match draw.index {
        1 => entries.push(fault(Fault::Freeze { node: client(1), span: Span::new(0, STORM_MS) })),
        2 => entries.push(fault(Fault::Jump { node: client(1), at_ms: 8, by_ms: -10_000 })),
        _ => {}
    }
    if draw.index > 3 {
        let kinds = [Kind::Crash, Kind::Loss, Kind::Duplication, Kind::Delay];
        entries.extend(faults(draw, &Swarm { most: 4, mortal: vec![client(1)], ..Swarm::of(2, &kinds, STORM_MS) }));
    }
    schedule(1, window(draw), entries)
}

/// The answer of a request comes when its client has crashed and waits for that of another.
fn late_answer() -> Schedule {
    let slow = Fault::SlowLink { from: client(1), to: server(), by_ms: 60, span: Span::new(290, 400) };
    let entries = vec![
        requests(1, 10, 1, 100),
        requests(1, 305, 1, 250),
        fault(Fault::Delay { from: server(), to: client(1), nth: 1, by_ms: 300 }),
        crash(client(1), When::At(11), 5, Keep::Nothing),
        fault(slow),
    ];
    schedule(1, 1, entries)
}

/// Many requests, and a client that comes back many times.
pub fn many(draw: &mut Draw) -> Schedule {
    let clients = if draw.index < 2 { 1 } else { draw.random.random_range(2..=4) };
    let count = 600 / clients as u32;
    let of = |nth: usize| requests(nth, 10, count, 1_000 * nth as u64);
    let mut entries: Vec<Entry> = (1..=clients).map(of).collect();
    if draw.index % 2 == 1 {
        let every_ms = draw.random.random_range(30..=40);
        entries.push(Entry::Restarts { node: client(1), from_ms: 50, count: 200, every_ms });
    }
    let setup = Setup { clients, window: window(draw), heal_ms: 5_000, until_ms: 5_000 };
    Plan { setup, entries }
}

/// Nothing fails.
pub fn calm(draw: &mut Draw) -> Schedule {
    let clients = draw.random.random_range(1..=3);
    let count = draw.random.random_range(5..=15);
    let entries = (1..=clients).map(|nth| requests(nth, 10, count, 100 * nth as u64)).collect();
    let setup = Setup { clients, window: window(draw), heal_ms: 10, until_ms: 1_000 };
    Plan { setup, entries }
}
