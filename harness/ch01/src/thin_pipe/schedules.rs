//! Which schedules put each promise to the test.

use explore::Plan;
use harness::exercise::Draw;
use rand::RngExt;

use super::contract::{HEADER_BYTES, LENGTH_BYTES, Policy};
use super::world::{Entry, Forgery, Make, Setup, Under};

type Schedule = Plan<Setup, Entry>;

const POLICY: Policy = Policy { frame_bytes: 4_096, window_bytes: 16_384, linger_ms: 40 };

const SETUP: Setup = Setup {
    under: Under::Both,
    policy: POLICY,
    bytes_per_ms: 32,
    latency_ms: 8,
    buffer_bytes: 2_048,
    most_records: usize::MAX,
};

fn records(count: usize, bytes: usize, make: Make) -> Entry {
    Entry::Records { from_ms: 0, count, every_ms: 0, bytes, make }
}

fn frame_bytes(draw: &mut Draw) -> usize {
    draw.random.random_range(1..=4) * 1_024
}

fn some_make(draw: &mut Draw) -> Make {
    if draw.random.random_bool(0.3) { Make::Noise } else { Make::Telemetry }
}

/// Records of all sizes, with pauses, in all pairings of the learner's ends and the harness's.
pub fn mixed(draw: &mut Draw) -> Schedule {
    let under = [Under::Sender, Under::Receiver, Under::Both][draw.index as usize % 3];
    let frame_bytes = frame_bytes(draw);
    let policy = Policy { frame_bytes, window_bytes: frame_bytes * draw.random.random_range(2..=5), ..POLICY };
    let mut entries = Vec::new();
    for nth in 0..draw.random.random_range(2..=5u64) {
        let bytes = match draw.random.random_range(0..6) {
            0 => 0,
            1 => frame_bytes - LENGTH_BYTES,
            _ => draw.random.random_range(1..=300),
        };
        let count = draw.random.random_range(1..=12);
        let every_ms = draw.random.random_range(0..=2) * 15;
        // Noise is the harness's business here: whether the sender stores it is another promise.
        let make = if under == Under::Receiver { some_make(draw) } else { Make::Telemetry };
        entries.push(Entry::Records { from_ms: nth * 150, count, every_ms, bytes, make });
    }
    if draw.random.random_bool(0.6) {
        entries.push(Entry::ShortReads { bytes: draw.random.random_range(1..=40) });
    }
    let most_records = draw.random.random_range(1..=8);
    Plan { setup: Setup { under, policy, most_records, ..SETUP }, entries }
}

/// Much telemetry at once.
pub fn bulk(draw: &mut Draw) -> Schedule {
    let policy = Policy { frame_bytes: draw.random.random_range(2..=4) * 4_096, window_bytes: 64 << 10, ..POLICY };
    let setup = Setup { under: Under::Sender, policy, bytes_per_ms: draw.random.random_range(8..=32), ..SETUP };
    let bytes = draw.random.random_range(40..=200);
    Plan { setup, entries: vec![records((32 << 10) / bytes, bytes, Make::Telemetry)] }
}

/// Much that can't be compressed, in records that fill frames to the last byte or don't.
pub fn noise(draw: &mut Draw) -> Schedule {
    let frame_bytes = 4_096;
    let in_a_frame = draw.random.random_range(1..=8);
    let bytes = match draw.index % 2 {
        0 => frame_bytes / in_a_frame - LENGTH_BYTES,
        _ => draw.random.random_range(100..=900),
    };
    let setup = Setup { under: Under::Sender, policy: Policy { frame_bytes, ..POLICY }, ..SETUP };
    Plan { setup, entries: vec![records((16 << 10) / bytes, bytes, Make::Noise)] }
}

/// Small records, one every few milliseconds, over a link that is mostly idle.
pub fn trickle(draw: &mut Draw) -> Schedule {
    let linger_ms = draw.random.random_range(20..=60);
    let setup = Setup { under: Under::Sender, policy: Policy { linger_ms, ..POLICY }, ..SETUP };
    let (count, bytes) = (draw.random.random_range(100..=200), draw.random.random_range(20..=80));
    let every_ms = draw.random.random_range(1..=4);
    Plan { setup, entries: vec![Entry::Records { from_ms: 0, count, every_ms, bytes, make: Make::Telemetry }] }
}

/// Lone records, and small groups of them closer together than the time they may wait.
pub fn lone(draw: &mut Draw) -> Schedule {
    let linger_ms = draw.random.random_range(20..=60);
    let setup = Setup { under: Under::Sender, policy: Policy { linger_ms, ..POLICY }, ..SETUP };
    let mut entries = Vec::new();
    for nth in 0..draw.random.random_range(1..=4u64) {
        let count = if draw.random.random_bool(0.4) { 1 } else { draw.random.random_range(3..=12) };
        let every_ms = draw.random.random_range(linger_ms / 4..linger_ms);
        let bytes = draw.random.random_range(20..=80);
        entries.push(Entry::Records { from_ms: nth * 1_000, count, every_ms, bytes, make: Make::Telemetry });
    }
    Plan { setup, entries }
}

/// More than the window holds, while nobody reads.
pub fn stalls(draw: &mut Draw) -> Schedule {
    let frame_bytes = draw.random.random_range(2..=4) * 512;
    let window_bytes = frame_bytes * draw.random.random_range(2..=6);
    let policy = Policy { frame_bytes, window_bytes, ..POLICY };
    let bytes = draw.random.random_range(frame_bytes / 5..=frame_bytes / 2);
    let from_ms = draw.random.random_range(0..=50);
    let count = (3 * window_bytes + 4_096) / bytes;
    let stall = Entry::Stall { from_ms, to_ms: from_ms + draw.random.random_range(500..=2_000) };
    let make = if draw.random.random_bool(0.7) { Make::Noise } else { Make::Telemetry };
    Plan { setup: Setup { under: Under::Sender, policy, ..SETUP }, entries: vec![records(count, bytes, make), stall] }
}

/// Records that find room: because they are few, or because they are the first.
pub fn room(draw: &mut Draw) -> Schedule {
    if draw.index.is_multiple_of(2) { lone(draw) } else { stalls(draw) }
}

/// A few records, and the end right after them.
pub fn short(draw: &mut Draw) -> Schedule {
    let setup = Setup { under: Under::Sender, bytes_per_ms: draw.random.random_range(2..=16), ..SETUP };
    let (count, bytes) = (draw.random.random_range(1..=30), draw.random.random_range(40..=200));
    Plan { setup, entries: vec![records(count, bytes, some_make(draw))] }
}

/// The link breaks under records that more than fill the window.
pub fn broken(draw: &mut Draw) -> Schedule {
    let mut plan = short(draw);
    let (count, bytes) = (draw.random.random_range(20..=60), draw.random.random_range(300..=900));
    let every_ms = draw.random.random_range(0..=1) * 10;
    let make = Make::Noise;
    plan.entries = vec![Entry::Records { from_ms: 0, count, every_ms, bytes, make }];
    plan.entries.push(Entry::Break { offset: draw.random.random_range(0..=5_000) });
    plan
}

/// A record that fits into no frame, between others that do.
pub fn oversize(draw: &mut Draw) -> Schedule {
    let frame_bytes = frame_bytes(draw);
    let by = if draw.index.is_multiple_of(2) { 1 } else { draw.random.random_range(1..=5_000) };
    let policy = Policy { frame_bytes, window_bytes: 4 * frame_bytes, ..POLICY };
    let one = |from_ms, bytes| Entry::Records { from_ms, count: 1, every_ms: 0, bytes, make: Make::Telemetry };
    let largest = frame_bytes - LENGTH_BYTES;
    let entries = vec![one(0, 60), one(10, largest + by), one(20, largest)];
    Plan { setup: Setup { under: Under::Sender, policy, ..SETUP }, entries }
}

fn receiver(frame_bytes: usize, most_records: usize) -> Setup {
    Setup { under: Under::Receiver, policy: Policy { frame_bytes, ..POLICY }, most_records, ..SETUP }
}

/// Somebody asks for a record only now and then.
pub fn slow_reader(draw: &mut Draw) -> Schedule {
    let frame_bytes = frame_bytes(draw);
    let bytes = draw.random.random_range(100..=frame_bytes / 2);
    let every_ms = draw.random.random_range(100..=400);
    let entries = vec![records(12 * frame_bytes / bytes, bytes, Make::Noise), Entry::SlowReader { every_ms }];
    Plan { setup: receiver(frame_bytes, usize::MAX), entries }
}

/// Some records in small frames, for a stream that will be damaged.
fn small_stream(draw: &mut Draw) -> Schedule {
    let (count, bytes) = (draw.random.random_range(6..=12), draw.random.random_range(20..=60));
    Plan { setup: receiver(255, 3), entries: vec![records(count, bytes, some_make(draw))] }
}

/// A byte changes; each of the first frame's header in turn, and then any before the end frame.
///
/// Lengths stay away from where another promise would break as well: one that grows by a little makes the checksum
/// wrong, one that grows by more is over the limit, and none makes the receiver wait for the end of the link.
pub fn flips(draw: &mut Draw) -> Schedule {
    let mut plan = small_stream(draw);
    let place = draw.index as usize;
    let offset = if place < HEADER_BYTES { place } else { draw.random.random_range(0..=95) };
    plan.entries.push(Entry::Flip { offset, mask: 1 << draw.random.random_range(0..4) });
    plan
}

/// The link ends too early: at once, after the first header, or anywhere.
pub fn cuts(draw: &mut Draw) -> Schedule {
    let mut plan = small_stream(draw);
    let offset = match draw.index {
        0 => 0,
        1 => HEADER_BYTES,
        2 => {
            // Between two frames: one record that is not worth deflating, and its header.
            plan.setup.most_records = 1;
            plan.entries = vec![records(4, 3, Make::Noise)];
            2 * (HEADER_BYTES + LENGTH_BYTES + 3)
        }
        _ => draw.random.random_range(0..=100),
    };
    plan.entries.push(Entry::Cut { offset });
    plan
}

/// Frames that are whole, and in the wrong place.
pub fn misplaced(draw: &mut Draw) -> Schedule {
    let mut plan = small_stream(draw);
    plan.setup.most_records = 2;
    let number = draw.random.random_range(0..=2);
    plan.entries.push(match draw.index % 3 {
        0 => Entry::FrameLost { number },
        1 => Entry::FrameTwice { number },
        _ => Entry::FramesSwapped { number },
    });
    plan
}

fn forged(draw: &mut Draw, forgery: Forgery) -> Schedule {
    let count = draw.random.random_range(0..=3);
    let mut plan = Plan { setup: receiver(draw.random.random_range(1..=4) * 4_096, 1), entries: Vec::new() };
    if count > 0 {
        plan.entries.push(records(count, 60, Make::Telemetry));
    }
    plan.entries.push(Entry::Forged { number: 0, forgery });
    plan
}

/// Lengths that no frame and no record may have.
pub fn hostile_lengths(draw: &mut Draw) -> Schedule {
    // Large enough to be seen, small enough that a course that gives way can tell of it.
    let length = draw.random.random_range(16 << 20..=128 << 20);
    let forgery = if draw.index.is_multiple_of(2) { Forgery::Frame { length } } else { Forgery::Record { length } };
    forged(draw, forgery)
}

/// Little on the wire, much in memory.
pub fn bombs(draw: &mut Draw) -> Schedule {
    let by = if draw.index % 4 == 1 { 1 } else { draw.random.random_range(1..=4_096) };
    let forgery = if draw.index.is_multiple_of(2) { Forgery::Bomb } else { Forgery::Overlong { by } };
    forged(draw, forgery)
}
