//! Schedules, and what is seen when they are played.
//!
//! Most promises are about one half, so most plays have the harness's own other half at the far end of the link. Where
//! the sender is tested alone, what it put on the wire is taken apart after the play; where the receiver is tested alone,
//! the stream is made before it.

use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use explore::Plan;
use harness::apart::MemoryWatch;
use harness::exercise::World;
use harness::stage::{Played, Stage, play, sleep, timeout};
use rand::RngExt;
use sim::{Choice, EventId, Lane, Random, Tone, Trace};

use super::contract::*;
use super::link::{Link, Moment, WriteSeen};
use super::peer::{self, Stream};

/// How the two ends under test are made.
#[derive(Clone, Copy)]
pub struct Ends {
    pub sender: fn(Arc<dyn LinkWriter>, Policy) -> Arc<dyn TelemetrySender>,
    pub receiver: fn(Arc<dyn LinkReader>, usize) -> Box<dyn TelemetryReceiver>,
}

/// The world of this exercise.
pub struct Pipe {
    /// The code under test.
    pub ends: Ends,
}

/// Which half is the learner's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Under {
    /// The far end reads and keeps nothing.
    Sender,
    /// The near end writes what the harness has made.
    Receiver,
    Both,
}

/// What a schedule fixes.
#[derive(Clone, Debug)]
pub struct Setup {
    pub under: Under,
    pub policy: Policy,
    pub bytes_per_ms: u64,
    pub latency_ms: u64,
    /// Bytes that may be under way or unread.
    pub buffer_bytes: usize,
    /// Records in a frame of the harness's own sender, at most.
    pub most_records: usize,
}

/// What a record is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Make {
    /// Lines of measurements.
    Telemetry,
    /// Random bytes.
    Noise,
}

/// A step of the workload or a fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Records, sent one after the other.
    Records { from_ms: u64, count: usize, every_ms: u64, bytes: usize, make: Make },
    /// Nobody reads.
    Stall { from_ms: u64, to_ms: u64 },
    /// Whoever asks for the records takes his time.
    SlowReader { every_ms: u64 },
    /// The link hands out little at a time.
    ShortReads { bytes: usize },
    /// A byte of the stream changes on its way.
    Flip { offset: usize, mask: u8 },
    /// Only so much of the stream arrives, and then its end.
    Cut { offset: usize },
    /// The link breaks after so many bytes.
    Break { offset: usize },
    /// A frame is left out of the stream.
    FrameLost { number: usize },
    /// A frame is there twice.
    FrameTwice { number: usize },
    /// Two neighbours change places.
    FramesSwapped { number: usize },
    /// In the place of this frame stands a hostile one, and after it there is silence.
    Forged { number: usize, forgery: Forgery },
}

/// A frame that no sender writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forgery {
    /// Its header says a length, and no body comes.
    Frame { length: u32 },
    /// Its only record says a length.
    Record { length: u32 },
    /// Small on the wire, [`BOMB_BYTES`] when inflated.
    Bomb,
    /// Whole records, but more content than a frame may have.
    Overlong { by: usize },
}

/// The content of a bomb.
pub const BOMB_BYTES: usize = 2 << 20;

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Entry::Records { from_ms, count, every_ms, bytes, make } => {
                let what = match make {
                    Make::Telemetry => "of telemetry",
                    Make::Noise => "that look random",
                };
                match (count, every_ms) {
                    (1, _) => write!(out, "a record of {bytes} bytes {what}, at {from_ms} ms"),
                    (_, 0) => {
                        write!(out, "{count} records of {bytes} bytes {what}, one after the other from {from_ms} ms on")
                    }
                    _ => write!(
                        out,
                        "{count} records of {bytes} bytes {what}, one every {every_ms} ms from {from_ms} ms on"
                    ),
                }
            }
            Entry::Stall { from_ms, to_ms } => write!(out, "nobody reads from {from_ms} ms to {to_ms} ms"),
            Entry::SlowReader { every_ms } => write!(out, "a record is asked for only every {every_ms} ms"),
            Entry::ShortReads { bytes } => write!(out, "reads return at most {bytes} bytes"),
            Entry::Flip { offset, mask } => {
                write!(out, "byte {offset} of the stream is changed, by XOR with {mask:#04x}")
            }
            Entry::Cut { offset } => write!(out, "the link ends after {offset} bytes"),
            Entry::Break { offset } => write!(out, "the link breaks after {offset} bytes"),
            Entry::FrameLost { number } => write!(out, "frame {number} is missing from the stream"),
            Entry::FrameTwice { number } => write!(out, "frame {number} is in the stream twice"),
            Entry::FramesSwapped { number } => write!(out, "frames {number} and {} have changed places", number + 1),
            Entry::Forged { number, forgery } => {
                let what = match forgery {
                    Forgery::Frame { length } => format!("says that its body has {length} bytes"),
                    Forgery::Record { length } => format!("says that its record has {length} bytes"),
                    Forgery::Bomb => format!("inflates to {BOMB_BYTES} bytes"),
                    Forgery::Overlong { by } => format!("has {by} bytes of content more than allowed"),
                };
                write!(out, "frame {number} {what}, and nothing comes after it for a while")
            }
        }
    }
}

/// What a play leaves behind.
pub struct Seen {
    pub setup: Setup,
    /// What the sender was given; of a play that tests the receiver alone, what the stream was made of.
    pub sent: Vec<Sent>,
    pub finish: Option<Finish>,
    /// What was put on the wire.
    pub wire: Stream,
    pub wire_bytes: usize,
    pub writes: Vec<WriteSeen>,
    /// Every call of `next`.
    pub got: Vec<Got>,
    /// When the near end of the link was closed, if it was before the play was over.
    pub closed_ms: Option<u64>,
    /// The most memory that was allocated while a receiver worked, beyond what was before.
    pub peak_bytes: usize,
}

/// A record that was given to the sender.
#[derive(Clone, Debug)]
pub struct Sent {
    pub record: Vec<u8>,
    /// When `send` was called.
    pub began: Moment,
    /// When it returned, or was given up.
    pub ended: Moment,
    /// What it returned; nothing if it did not.
    pub outcome: Option<Result<(), SendError>>,
    /// Its return in the trace.
    pub event: Option<EventId>,
}

/// The end of a stream, as the sender's caller saw it.
#[derive(Clone, Debug)]
pub struct Finish {
    pub began_ms: u64,
    pub ended: Moment,
    /// Bytes on the wire when it began.
    pub wire_before: usize,
    pub outcome: Option<Result<(), SendError>>,
}

impl Finish {
    /// How long the call took.
    pub fn lasted_ms(&self) -> u64 {
        self.ended.at_ms - self.began_ms
    }
}

/// A call of `next`.
#[derive(Clone, Debug)]
pub struct Got {
    /// Bytes that had been taken off the link when it was called.
    pub taken_before: usize,
    pub at_ms: u64,
    /// What it returned; nothing if it did not.
    pub outcome: Option<Result<Option<Vec<u8>>, ReceiveError>>,
    /// Its return in the trace.
    pub event: EventId,
}

/// How long a call may take before it counts as one that never returns.
pub const PATIENCE_MS: u64 = 20_000;

/// How long nothing comes after a forged frame, and how long the link stays open after a stream.
const SILENCE_MS: u64 = 5_000;

/// Virtual time that a play may take.
const LIMIT_MS: u64 = 300_000;

/// Evidence counted by the world.
pub mod evidence {
    pub const WRITER_WAITS: &str = "a write waits for room in the far buffer";
    pub const FLIPPED: &str = "a changed byte arrives";
    pub const CUT: &str = "the link ends before the stream does";
    pub const BROKEN: &str = "a write meets the broken link";
    pub const MISPLACED: &str = "a frame is missing, repeated or out of place";
    pub const FORGED: &str = "a forged frame is sent";
    pub const RECEIVED: &str = "a record is received";
}

impl World for Pipe {
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn play(&self, choice: Choice, plan: &Plan<Setup, Entry>) -> Played<Seen> {
        let plan = plan.clone();
        play(choice, LIMIT_MS, Trace::new(["sender", "receiver"]), |stage| script(self.ends, choice, plan, stage))
    }
}

async fn script(ends: Ends, choice: Choice, plan: Plan<Setup, Entry>, stage: Stage) -> Seen {
    let lanes = (stage.lane("sender"), stage.lane("receiver"));
    let link = Link::new(&stage, lanes, &plan.setup, &plan.entries);
    let records = records(choice, &plan.entries);
    let mut seen = Seen {
        setup: plan.setup.clone(),
        sent: Vec::new(),
        finish: None,
        wire: Stream::default(),
        wire_bytes: 0,
        writes: Vec::new(),
        got: Vec::new(),
        closed_ms: None,
        peak_bytes: 0,
    };
    let near = Near { stage: stage.clone(), lane: lanes.0, link: link.clone(), policy: plan.setup.policy };
    let every_ms = plan.entries.iter().find_map(|entry| match entry {
        Entry::SlowReader { every_ms } => Some(*every_ms),
        _ => None,
    });
    let far = Far { stage: stage.clone(), lane: lanes.1, link: link.clone(), every_ms };
    match plan.setup.under {
        Under::Sender => {
            let stalls = plan.entries.iter().filter_map(|entry| match *entry {
                Entry::Stall { from_ms, to_ms } => Some((from_ms, to_ms)),
                _ => None,
            });
            let reader = tokio::spawn(link.clone().drain(stalls.collect()));
            near.ship((ends.sender)(link.clone(), plan.setup.policy), records, &mut seen).await;
            reader.abort();
        }
        Under::Receiver => {
            let (frames, forged) = near.stream(choice, &plan, &records);
            seen.sent = records.into_iter().map(|(_, record)| Sent::unseen(record)).collect();
            let watch = MemoryWatch::begin();
            let writer = tokio::spawn(near.put(frames, forged));
            far.consume((ends.receiver)(link.clone(), plan.setup.policy.frame_bytes), &mut seen.got).await;
            seen.peak_bytes = watch.peak_bytes();
            seen.closed_ms = if writer.is_finished() { writer.await.ok() } else { None };
        }
        Under::Both => {
            let receiver = (ends.receiver)(link.clone(), plan.setup.policy.frame_bytes);
            let sender = (ends.sender)(link.clone(), plan.setup.policy);
            let mut got = Vec::new();
            tokio::join!(near.ship(sender, records, &mut seen), far.consume(receiver, &mut got));
            seen.got = got;
        }
    }
    let (bytes, writes) = link.log();
    seen.wire = peer::read(&bytes, plan.setup.policy.frame_bytes);
    (seen.wire_bytes, seen.writes) = (bytes.len(), writes);
    seen
}

impl Sent {
    /// How long the call took.
    pub fn lasted_ms(&self) -> u64 {
        self.ended.at_ms - self.began.at_ms
    }

    fn unseen(record: Vec<u8>) -> Self {
        Sent { record, began: Moment::default(), ended: Moment::default(), outcome: Some(Ok(())), event: None }
    }
}

/// When each record is sent, and what it is.
fn records(choice: Choice, entries: &[Entry]) -> Vec<(u64, Vec<u8>)> {
    let mut records = Vec::new();
    for entry in entries {
        let Entry::Records { from_ms, count, every_ms, bytes, make } = *entry else { continue };
        let mut random = choice.part("records", from_ms << 20 | bytes as u64).stream("bytes");
        records.extend((0..count as u64).map(|nth| (from_ms + nth * every_ms, record(&mut random, make, bytes))));
    }
    records.sort_by_key(|(at_ms, _)| *at_ms);
    records
}

fn record(random: &mut Random, make: Make, bytes: usize) -> Vec<u8> {
    let mut record = Vec::with_capacity(bytes + 64);
    while record.len() < bytes {
        match make {
            Make::Noise => record.extend(random.random::<u64>().to_le_bytes()),
            Make::Telemetry => {
                let (pump, celsius, bar) =
                    (random.random_range(1..=12), random.random_range(180..240), random.random_range(300..340));
                record
                    .extend(format!("{{\"pump\":{pump},\"decicelsius\":{celsius},\"centibar\":{bar}}}\n").into_bytes());
            }
        }
    }
    record.truncate(bytes);
    record
}

/// The near end: the sender's caller, or the harness's own sender.
struct Near {
    stage: Stage,
    lane: Lane,
    link: Arc<Link>,
    policy: Policy,
}

impl Near {
    /// Gives the records to the sender under test.
    async fn ship(&self, sender: Arc<dyn TelemetrySender>, records: Vec<(u64, Vec<u8>)>, seen: &mut Seen) {
        let patience = Duration::from_millis(PATIENCE_MS);
        let mut stuck = false;
        for (nth, (at_ms, record)) in records.into_iter().enumerate() {
            self.stage.until_ms(at_ms).await;
            let began = self.link.moment();
            let wait = self.stage.waiting(format!("send of record {nth}"));
            let outcome = timeout(patience, sender.send(record.clone())).await.ok();
            drop(wait);
            let ended = self.link.moment();
            let event = Some(self.note_sent(nth, &record, began.at_ms, outcome.as_ref()));
            let go_on = matches!(outcome, Some(Ok(()) | Err(SendError::TooLarge)));
            stuck = outcome.is_none();
            seen.sent.push(Sent { record, began, ended, outcome, event });
            if !go_on {
                break;
            }
        }
        if !stuck {
            let (began_ms, wire_before) = (self.stage.now_ms(), self.link.written_bytes());
            let wait = self.stage.waiting("finish");
            let outcome = timeout(patience, sender.finish()).await.ok();
            drop(wait);
            let ended = self.link.moment();
            let tone = if outcome == Some(Ok(())) { Tone::Good } else { Tone::Bad };
            self.stage.note(self.lane, tone, format!("finish: {}", told(outcome.as_ref())));
            seen.finish = Some(Finish { began_ms, ended, wire_before, outcome });
        }
        sleep(Duration::from_millis(SILENCE_MS + self.policy.linger_ms)).await;
        self.link.close();
        seen.closed_ms = Some(self.stage.now_ms());
    }

    fn note_sent(&self, nth: usize, record: &[u8], began_ms: u64, outcome: Option<&Result<(), SendError>>) -> EventId {
        let took_ms = self.stage.now_ms() - began_ms;
        let waited = if took_ms > 0 { format!(" after {took_ms} ms") } else { String::new() };
        let (tone, text) = match outcome {
            Some(Ok(())) => (Tone::Plain, format!("send record {nth}, {} bytes: taken{waited}", record.len())),
            Some(Err(error)) => (Tone::Plain, format!("send record {nth}, {} bytes: {error:?}{waited}", record.len())),
            None => (Tone::Bad, format!("send of record {nth} has not returned{waited}")),
        };
        self.stage.note(self.lane, tone, text)
    }

    /// The frames of the harness's own sender, with the schedule's changes, and whether the last one is forged.
    fn stream(&self, choice: Choice, plan: &Plan<Setup, Entry>, records: &[(u64, Vec<u8>)]) -> (Vec<Vec<u8>>, bool) {
        let records: Vec<Vec<u8>> = records.iter().map(|(_, record)| record.clone()).collect();
        let mut random = choice.stream("kinds");
        let packed = peer::pack(&records, self.policy.frame_bytes, plan.setup.most_records);
        let mut frames = Vec::new();
        for (number, records) in (0..).zip(&packed) {
            let content = peer::content(*records);
            let deflated = peer::deflate(&content);
            let store = deflated.len() >= content.len() || random.random_bool(0.3);
            let (kind, body) = if store { (FrameKind::Stored, content) } else { (FrameKind::Deflated, deflated) };
            frames.push(peer::frame(kind, number, &body));
        }
        let count = frames.len();
        frames.push(peer::frame(FrameKind::End, u32::try_from(count).expect("few frames"), &[]));
        for entry in &plan.entries {
            match *entry {
                Entry::FrameLost { number } if number < count => drop(frames.remove(number)),
                Entry::FrameTwice { number } if number < count => frames.insert(number, frames[number].clone()),
                Entry::FramesSwapped { number } if number + 1 < count => frames.swap(number, number + 1),
                Entry::Forged { number, forgery } if number <= count => {
                    self.stage.count(evidence::FORGED);
                    frames.truncate(number);
                    frames.push(forge(u32::try_from(number).expect("few frames"), forgery, self.policy.frame_bytes));
                    return (frames, true);
                }
                _ => continue,
            }
            self.stage.count(evidence::MISPLACED);
            return (frames, false);
        }
        (frames, false)
    }

    /// Writes those frames and closes the link, and says when.
    async fn put(self, frames: Vec<Vec<u8>>, forged: bool) -> u64 {
        for frame in frames {
            // Only plays that test a sender break the link.
            let _ = self.link.write(frame).await;
        }
        if forged {
            sleep(Duration::from_millis(SILENCE_MS)).await;
        }
        self.link.close();
        self.stage.now_ms()
    }
}

fn forge(number: u32, forgery: Forgery, frame_bytes: usize) -> Vec<u8> {
    static BOMB: OnceLock<Vec<u8>> = OnceLock::new();
    match forgery {
        Forgery::Frame { length } => peer::huge_frame(number, length),
        Forgery::Record { length } => peer::frame(FrameKind::Stored, number, &peer::huge_record(length)),
        Forgery::Bomb => {
            let content = || peer::content([&vec![0; BOMB_BYTES - LENGTH_BYTES]]);
            let body = BOMB.get_or_init(|| peer::deflate(&content()));
            peer::frame(FrameKind::Deflated, number, body)
        }
        Forgery::Overlong { by } => {
            let half = frame_bytes / 2;
            let records = [vec![b'o'; half - LENGTH_BYTES], vec![b'o'; frame_bytes - half + by - LENGTH_BYTES]];
            peer::frame(FrameKind::Deflated, number, &peer::deflate(&peer::content(&records)))
        }
    }
}

fn told<T: fmt::Debug>(outcome: Option<&T>) -> String {
    outcome.map_or("has not returned".to_owned(), |outcome| format!("{outcome:?}"))
}

/// The far end: whoever asks the receiver under test for records.
struct Far {
    stage: Stage,
    lane: Lane,
    link: Arc<Link>,
    every_ms: Option<u64>,
}

impl Far {
    /// Asks until there is no more, and then twice more.
    async fn consume(&self, mut receiver: Box<dyn TelemetryReceiver>, got: &mut Vec<Got>) {
        let mut over = 0;
        while over < 3 {
            if let Some(every_ms) = self.every_ms {
                sleep(Duration::from_millis(every_ms)).await;
            }
            let taken_before = self.link.read_bytes();
            let wait = self.stage.waiting(format!("call {} of next", got.len()));
            let outcome = timeout(Duration::from_millis(PATIENCE_MS), receiver.next()).await.ok();
            drop(wait);
            let event = self.note(got.len(), outcome.as_ref());
            if !matches!(outcome, Some(Ok(Some(_)))) {
                over += 1;
            }
            let stuck = outcome.is_none();
            got.push(Got { taken_before, at_ms: self.stage.now_ms(), outcome, event });
            if stuck {
                return;
            }
        }
    }

    fn note(&self, nth: usize, outcome: Option<&Result<Option<Vec<u8>>, ReceiveError>>) -> EventId {
        let (tone, text) = match outcome {
            Some(Ok(Some(record))) => {
                self.stage.count(evidence::RECEIVED);
                (Tone::Good, format!("record {nth}, {} bytes", record.len()))
            }
            Some(Ok(None)) => (Tone::Good, "the end".to_owned()),
            Some(Err(error)) => (Tone::Plain, format!("error: {error:?}")),
            None => (Tone::Bad, "next has not returned".to_owned()),
        };
        self.stage.note(self.lane, tone, text)
    }
}
