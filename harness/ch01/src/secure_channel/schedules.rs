//! Which schedules put each promise to the test.
//!
//! Every third schedule of an attack leaves the attack out: an end that refuses everybody keeps no promise.

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;

use super::contract::Limits;
use super::script::BEGIN_MS;
use super::world::{Cast, Entry, Place, Pose, Setup, Side, Tamper};

type Schedule = Plan<Setup, Entry>;

/// Longer than what fits into one TLS record (16 KiB) or into the buffer that rustls keeps by itself (64 KiB).
const MAX_MESSAGE_BYTES: usize = 160_000;

fn any_side(draw: &mut Draw) -> Side {
    Side::ALL[usize::from(draw.random.random_bool(0.5))]
}

fn setup(draw: &mut Draw, cast: Cast) -> Setup {
    Setup {
        cast,
        closer: any_side(draw),
        at_once: false,
        limits: Limits {
            handshake_timeout_ms: draw.random.random_range(3..=12) * 100,
            max_message_bytes: MAX_MESSAGE_BYTES,
        },
        latency_ms: draw.random.random_range(2..=15),
    }
}

fn closed_by(closer: Side, setup: Setup) -> Setup {
    Setup { closer, ..setup }
}

/// Everybody in turn: both ends are under test, only the client, only the server.
fn any_cast(draw: &Draw) -> Cast {
    [Cast::Only(Side::Client), Cast::Only(Side::Server), Cast::Both][draw.index as usize % 3]
}

fn says(who: Side, at_ms: u64, count: u32, bytes: usize) -> Entry {
    Entry::Says { who, at_ms, count, bytes }
}

/// A few short messages of either side.
fn some_talk(draw: &mut Draw) -> Vec<Entry> {
    Side::ALL
        .map(|who| {
            let count = draw.random.random_range(1..=3);
            let bytes = draw.random.random_range(50..=300);
            says(who, BEGIN_MS + draw.random.random_range(0..=40), count, bytes)
        })
        .to_vec()
}

/// Two of three are.
fn is_attacked(draw: &Draw) -> bool {
    draw.index % 3 != 2
}

/// Messages of all sizes, on a wire that cuts them in all ways.
pub fn sizes(draw: &mut Draw) -> Schedule {
    const BYTES: [usize; 7] = [0, 1, 40, 4_000, 20_000, 70_000, MAX_MESSAGE_BYTES];
    let cast = any_cast(draw);
    let setup = setup(draw, cast);
    let who = setup.closer;
    let mut entries = Vec::new();
    for nth in 0..draw.random.random_range(1..=4u64) {
        let first = (draw.index < 3 && nth == 0).then_some(6);
        let bytes = BYTES[first.unwrap_or_else(|| draw.random.random_range(0..BYTES.len()))];
        let count = if bytes > 20_000 { 1 } else { draw.random.random_range(1..=4) };
        entries.push(says(who, BEGIN_MS + nth * 10, count, bytes));
    }
    for from in Side::ALL {
        if draw.random.random_bool(0.6) {
            let bytes = [1, 7, 100, 5_000][draw.random.random_range(0..4usize)];
            entries.push(Entry::Pieces { from, bytes, every_ms: 0 });
        }
    }
    Plan { setup, entries }
}

/// Messages both ways while both ends wait for the other's.
pub fn both_ways(draw: &mut Draw) -> Schedule {
    let cast = any_cast(draw);
    let mut entries = Vec::new();
    for who in Side::ALL {
        for nth in 0..draw.random.random_range(1..=2u64) {
            let at_ms = BEGIN_MS + nth * 60 + draw.random.random_range(0..=40);
            entries.push(says(who, at_ms, 1, draw.random.random_range(50..=300)));
        }
    }
    let setup = Setup { at_once: true, ..setup(draw, cast) };
    Plan { setup, entries }
}

/// Several tasks send through one end, into a network that takes its time.
pub fn crowds(draw: &mut Draw) -> Schedule {
    let who = Side::ALL[draw.index as usize % 2];
    let bytes = draw.random.random_range(100..=2_000);
    let together = Entry::SayTogether { who, at_ms: BEGIN_MS, count: draw.random.random_range(2..=5), bytes };
    Plan { setup: setup(draw, Cast::Only(who)), entries: vec![together, Entry::Slow { from: who }] }
}

/// Receives that are given up while a long message trickles in.
pub fn impatience(draw: &mut Draw) -> Schedule {
    let who = Side::ALL[draw.index as usize % 2];
    let from = who.other();
    let bytes = draw.random.random_range(1_000..=5_000);
    let entries = vec![
        says(from, BEGIN_MS, draw.random.random_range(1..=2), draw.random.random_range(20_000..=60_000)),
        Entry::Pieces { from, bytes, every_ms: draw.random.random_range(1..=3) },
        Entry::Impatient { who, every_ms: draw.random.random_range(1..=4) },
    ];
    let setup = closed_by(from, setup(draw, Cast::Only(who)));
    Plan { setup, entries }
}

/// Secrets on a wire that is cut in the middle of a long one, in two of three schedules.
pub fn secrets(draw: &mut Draw) -> Schedule {
    let cast = any_cast(draw);
    let mut entries = some_talk(draw);
    if draw.index % 3 != 1 {
        let from = match cast {
            Cast::Only(side) => side.other(),
            Cast::Both => any_side(draw),
        };
        entries.retain(|entry| !matches!(entry, Entry::Says { who, .. } if *who == from));
        entries.push(says(from, BEGIN_MS, 1, 40_000));
        let per_mille = draw.random.random_range(600..=950);
        entries.push(Entry::Tampers { from, place: Place::Message(1), tamper: Tamper::Cut { per_mille } });
    }
    Plan { setup: setup(draw, cast), entries }
}

/// The other end is one of these, in turn; the code under test plays against it.
fn posing(draw: &mut Draw, poses: &[(Side, Pose)]) -> Schedule {
    let (who, what) = poses[(draw.index / 3 * 2 + draw.index % 3) as usize % poses.len()];
    let mut entries = some_talk(draw);
    if is_attacked(draw) {
        entries.push(Entry::Poses { who, what });
    }
    Plan { setup: setup(draw, Cast::Only(who.other())), entries }
}

/// A server that no trusted authority vouches for.
pub fn strange_servers(draw: &mut Draw) -> Schedule {
    posing(draw, &[(Side::Server, Pose::Stranger)])
}

/// A server with a good certificate, for another name.
pub fn other_names(draw: &mut Draw) -> Schedule {
    posing(draw, &[(Side::Server, Pose::OtherName)])
}

/// Ends whose certificate has expired.
pub fn expired(draw: &mut Draw) -> Schedule {
    posing(draw, &[(Side::Server, Pose::Expired), (Side::Client, Pose::Expired)])
}

/// A client that shows no certificate.
pub fn nameless_clients(draw: &mut Draw) -> Schedule {
    posing(draw, &[(Side::Client, Pose::Nameless)])
}

/// A client that no trusted authority vouches for.
pub fn strange_clients(draw: &mut Draw) -> Schedule {
    posing(draw, &[(Side::Client, Pose::Stranger)])
}

/// Ends that speak an older version.
pub fn old_versions(draw: &mut Draw) -> Schedule {
    posing(draw, &[(Side::Server, Pose::OldVersion), (Side::Client, Pose::OldVersion)])
}

/// Handshakes that fail, each in its way, under programs that go on as if they had not.
pub fn failing_handshakes(draw: &mut Draw) -> Schedule {
    const POSES: [(Side, Pose); 6] = [
        (Side::Server, Pose::PlainText),
        (Side::Client, Pose::PlainText),
        (Side::Server, Pose::Stranger),
        (Side::Client, Pose::Nameless),
        (Side::Server, Pose::OldVersion),
        (Side::Client, Pose::OldVersion),
    ];
    if draw.index % 4 == 3 {
        let from = any_side(draw);
        let mut entries = some_talk(draw);
        entries.push(Entry::Tampers { from, place: Place::Handshake(1), tamper: Tamper::Cut { per_mille: 500 } });
        return Plan { setup: setup(draw, Cast::Only(from.other())), entries };
    }
    posing(draw, &POSES)
}

/// Ends that never get on with the handshake.
pub fn slow_handshakes(draw: &mut Draw) -> Schedule {
    const POSES: [(Side, Pose); 4] = [
        (Side::Server, Pose::Silent),
        (Side::Client, Pose::Dribbles),
        (Side::Server, Pose::Dribbles),
        (Side::Client, Pose::Silent),
    ];
    posing(draw, &POSES)
}

/// A place in what is sent, in turn: the hello, the proof, a message.
fn some_place(draw: &mut Draw, from: Side) -> Place {
    match (draw.index % 4, from) {
        (0 | 1, _) => Place::Message(draw.random.random_range(1..=2)),
        (3, Side::Client) => Place::Handshake(2),
        _ => Place::Handshake(1),
    }
}

/// Something is done to what one end sends; the other is under test.
fn tampering(draw: &mut Draw, place: Place, from: Side, tamper: Tamper) -> Schedule {
    let mut entries = vec![says(from, BEGIN_MS, 3, draw.random.random_range(50..=300))];
    if draw.random.random_bool(0.5) {
        entries.push(says(from.other(), BEGIN_MS, 1, draw.random.random_range(50..=300)));
    }
    entries.push(Entry::Tampers { from, place, tamper });
    let cast = if draw.index.is_multiple_of(3) { Cast::Both } else { Cast::Only(from.other()) };
    Plan { setup: closed_by(from, setup(draw, cast)), entries }
}

fn turns(draw: &Draw) -> Side {
    Side::ALL[(draw.index / 4 + draw.index) as usize % 2]
}

/// A bit is flipped.
pub fn flips(draw: &mut Draw) -> Schedule {
    let from = turns(draw);
    let place = some_place(draw, from);
    let per_mille = match place {
        Place::Message(_) => draw.random.random_range(0..=1000),
        Place::Handshake(1) if draw.random.random_bool(0.5) || from == Side::Client => 0,
        Place::Handshake(_) => 1000,
    };
    tampering(draw, place, from, Tamper::Flip { per_mille })
}

/// Something comes twice: a message within its session, or a whole recording to somebody new.
pub fn repeats(draw: &mut Draw) -> Schedule {
    let from = turns(draw);
    if draw.index.is_multiple_of(2) {
        let cast = Cast::Only(from.other());
        let mut entries = some_talk(draw);
        entries.push(Entry::Replay { of: from });
        return Plan { setup: setup(draw, cast), entries };
    }
    let place = Place::Message(draw.random.random_range(1..=2));
    tampering(draw, place, from, Tamper::Repeat)
}

/// The stream ends before its time.
pub fn cuts(draw: &mut Draw) -> Schedule {
    let from = turns(draw);
    if draw.index % 5 == 4 {
        let entries = vec![
            says(from, BEGIN_MS, 1, draw.random.random_range(50..=40_000)),
            Entry::Poses { who: from, what: Pose::StopsHalfway },
        ];
        let setup = closed_by(from, setup(draw, Cast::Only(from.other())));
        return Plan { setup, entries };
    }
    let place = some_place(draw, from);
    let per_mille = match place {
        Place::Message(_) if draw.random.random_bool(0.5) => 1000,
        _ => draw.random.random_range(100..=900),
    };
    tampering(draw, place, from, Tamper::Cut { per_mille })
}

/// Sessions that end as they should; the end that does not close first has more to say after that.
pub fn closes(draw: &mut Draw) -> Schedule {
    let cast = any_cast(draw);
    let mut entries = some_talk(draw);
    let setup = setup(draw, cast);
    let late_ms = BEGIN_MS + 200 + 5 * setup.latency_ms;
    entries.push(says(setup.closer.other(), late_ms, 1, draw.random.random_range(50..=300)));
    Plan { setup, entries }
}

/// Messages that are too long: to be sent, or announced by the other end.
pub fn long_messages(draw: &mut Draw) -> Schedule {
    let who = Side::ALL[draw.index as usize / 2 % 2];
    let max_message_bytes = draw.random.random_range(100..=2_000);
    let mut setup = setup(draw, Cast::Only(who));
    setup.limits.max_message_bytes = max_message_bytes;
    let short = draw.random.random_range(40..=100);
    let entries = if draw.index.is_multiple_of(2) {
        setup.closer = who.other();
        vec![says(who.other(), BEGIN_MS, 1, short), Entry::Poses { who: who.other(), what: Pose::Boasts }]
    } else {
        let long = max_message_bytes + draw.random.random_range(1..=3usize);
        vec![says(who, BEGIN_MS, 1, short), says(who, BEGIN_MS + 5, 1, long), says(who, BEGIN_MS + 10, 1, short)]
    };
    Plan { setup, entries }
}

/// Sessions that the code under test has to end.
pub fn refusals(draw: &mut Draw) -> Schedule {
    const POSES: [(Side, Pose); 5] = [
        (Side::Server, Pose::Stranger),
        (Side::Client, Pose::Nameless),
        (Side::Client, Pose::OldVersion),
        (Side::Server, Pose::Expired),
        (Side::Client, Pose::Stranger),
    ];
    if draw.index % 3 == 2 {
        let from = any_side(draw);
        let tamper = Tamper::Flip { per_mille: draw.random.random_range(0..=1000) };
        let setup = closed_by(from, setup(draw, Cast::Only(from.other())));
        let entries = vec![
            says(from, BEGIN_MS, 1, draw.random.random_range(50..=300)),
            Entry::Tampers { from, place: Place::Message(1), tamper },
        ];
        return Plan { setup, entries };
    }
    posing(draw, &POSES)
}
