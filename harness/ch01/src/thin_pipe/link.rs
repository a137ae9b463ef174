//! The link: bandwidth, latency, a buffer at the far end, and its faults.
//!
//! The writer may have as many bytes under way and unread as the far buffer holds, so a reader that takes nothing stops
//! the writer, as a TCP window does. Bytes are counted in microseconds of bandwidth and arrive on whole milliseconds.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use harness::stage::{Stage, sleep, timeout};
use sim::{Lane, MessageId, Tone};
use tokio::sync::Notify;

use super::contract::{LinkBroken, LinkReader, LinkWriter};
use super::world::{Entry, Setup, evidence};

/// Bytes that go onto the wire in one piece.
const PIECE_BYTES: usize = 256;

/// A point of a play. Two events of the same millisecond still have an order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Moment {
    /// Virtual time.
    pub at_ms: u64,
    /// How many events came before.
    pub nth: u64,
}

/// A write, as the link saw it.
#[derive(Clone, Copy, Debug)]
pub struct WriteSeen {
    /// Where its first byte stands in the stream.
    pub from: usize,
    /// Where its last byte ends, once it has.
    pub to: usize,
    /// When it was the writer's turn.
    pub began_ms: u64,
    /// When it returned; `None` if it never did, or with an error.
    pub ended: Option<Moment>,
}

/// The link, with both ends.
pub struct Link {
    stage: Stage,
    lanes: (Lane, Lane),
    setup: Setup,
    faults: Faults,
    state: Mutex<State>,
    turn: tokio::sync::Mutex<()>,
    room: Notify,
    arrived: Notify,
}

#[derive(Default)]
struct Faults {
    flips: Vec<(usize, u8)>,
    cut_at: Option<usize>,
    break_at: Option<usize>,
    most_at_once: Option<usize>,
}

#[derive(Default)]
struct State {
    /// Everything that was put on the wire, before the link's own faults.
    wire: Vec<u8>,
    /// When the bytes up to which offset arrive.
    arrivals: VecDeque<(u64, usize)>,
    here: usize,
    read: usize,
    closed: bool,
    wire_free_us: u64,
    writes: Vec<WriteSeen>,
    messages: VecDeque<(usize, MessageId)>,
    moments: u64,
}

impl Link {
    /// A link that has carried nothing yet. Bytes go from the first lane to the second.
    pub fn new(stage: &Stage, lanes: (Lane, Lane), setup: &Setup, entries: &[Entry]) -> Arc<Self> {
        let mut faults = Faults::default();
        for entry in entries {
            match *entry {
                Entry::Flip { offset, mask } => faults.flips.push((offset, mask)),
                Entry::Cut { offset } => faults.cut_at = Some(faults.cut_at.map_or(offset, |at| at.min(offset))),
                Entry::Break { offset } => faults.break_at = Some(faults.break_at.map_or(offset, |at| at.min(offset))),
                Entry::ShortReads { bytes } => faults.most_at_once = Some(bytes),
                _ => {}
            }
        }
        Arc::new(Link {
            stage: stage.clone(),
            lanes,
            setup: setup.clone(),
            faults,
            state: Mutex::default(),
            turn: tokio::sync::Mutex::default(),
            room: Notify::new(),
            arrived: Notify::new(),
        })
    }

    /// No more bytes come from the writer.
    pub fn close(&self) {
        self.state().closed = true;
        self.arrived.notify_one();
    }

    /// Something happens now.
    pub fn moment(&self) -> Moment {
        let at_ms = self.stage.now_ms();
        let mut state = self.state();
        state.moments += 1;
        Moment { at_ms, nth: state.moments }
    }

    /// How many bytes were taken off the link.
    pub fn read_bytes(&self) -> usize {
        self.state().read
    }

    /// How many bytes were put on the wire.
    pub fn written_bytes(&self) -> usize {
        self.state().wire.len()
    }

    /// The stream and the writes that made it.
    pub fn log(&self) -> (Vec<u8>, Vec<WriteSeen>) {
        let mut state = self.state();
        (std::mem::take(&mut state.wire), std::mem::take(&mut state.writes))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn now_us(&self) -> u64 {
        self.stage.now_ms() * 1000
    }

    /// Waits until the far buffer has room, and says how much.
    async fn room(&self) -> usize {
        let mut waited = false;
        loop {
            {
                let state = self.state();
                let room = self.setup.buffer_bytes.saturating_sub(state.wire.len() - state.read);
                if room > 0 || self.faults.cut_at.is_some_and(|cut_at| state.wire.len() >= cut_at) {
                    return room.max(1);
                }
            }
            if !waited {
                waited = true;
                self.stage.count(evidence::WRITER_WAITS);
            }
            self.room.notified().await;
        }
    }

    /// Puts one piece on the wire; it has left when this returns.
    async fn put(&self, piece: &[u8]) {
        let now_us = self.now_us();
        let left_us = {
            let mut state = self.state();
            // Waits end on whole milliseconds; what the wire has lost by that it catches up with.
            let idle = now_us >= state.wire_free_us + 1000;
            let from_us = if idle { now_us } else { state.wire_free_us };
            state.wire_free_us = from_us + piece.len() as u64 * 1000 / self.setup.bytes_per_ms;
            let arrives_ms = state.wire_free_us.div_ceil(1000) + self.setup.latency_ms;
            state.wire.extend_from_slice(piece);
            let end = state.wire.len();
            let last_ms = state.arrivals.back().map_or(0, |(at_ms, _)| *at_ms);
            state.arrivals.push_back((arrives_ms.max(last_ms), end));
            state.wire_free_us
        };
        self.arrived.notify_one();
        if left_us > now_us {
            sleep(Duration::from_micros(left_us - now_us)).await;
        }
    }

    /// How many of these bytes get through before the link breaks.
    fn before_break(&self, bytes: usize) -> usize {
        let Some(break_at) = self.faults.break_at else { return bytes };
        break_at.saturating_sub(self.state().wire.len()).min(bytes)
    }

    fn begin_write(&self) -> usize {
        let now_ms = self.stage.now_ms();
        let mut state = self.state();
        let from = state.wire.len();
        state.writes.push(WriteSeen { from, to: from, began_ms: now_ms, ended: None });
        state.writes.len() - 1
    }

    fn end_write(&self, write: usize) {
        let ended = self.moment();
        let mut state = self.state();
        let to = state.wire.len();
        let seen = &mut state.writes[write];
        (seen.to, seen.ended) = (to, Some(ended));
    }

    /// The bytes from `state.read` on, as the reader gets them.
    fn take(&self, max_bytes: usize) -> Option<Vec<u8>> {
        let now_ms = self.stage.now_ms();
        let mut state = self.state();
        while state.arrivals.front().is_some_and(|(at_ms, _)| *at_ms <= now_ms) {
            state.here = state.arrivals.pop_front().expect("it was just looked at").1;
        }
        let end = self.faults.cut_at.unwrap_or(usize::MAX);
        let most = max_bytes.max(1).min(self.faults.most_at_once.unwrap_or(usize::MAX));
        let to = state.here.min(end).min(state.read.saturating_add(most));
        if to == state.read {
            let over = state.read == end || (state.closed && state.read == state.wire.len());
            return over.then(Vec::new);
        }
        let from = std::mem::replace(&mut state.read, to);
        let mut bytes = state.wire[from..to].to_vec();
        for (offset, mask) in &self.faults.flips {
            if (from..to).contains(offset) {
                bytes[offset - from] ^= mask;
                self.stage.count(evidence::FLIPPED);
                self.stage.note(self.lanes.1, Tone::Fault, format!("byte {offset} arrives changed"));
            }
        }
        while let Some((_, message)) = state.messages.front().copied().filter(|(end, _)| *end <= to) {
            state.messages.pop_front();
            self.stage.receive(self.lanes.1, message);
        }
        Some(bytes)
    }
}

#[async_trait]
impl LinkWriter for Link {
    async fn write(&self, bytes: Vec<u8>) -> Result<(), LinkBroken> {
        self.stage.enter().await;
        let _turn = self.turn.lock().await;
        let write = self.begin_write();
        let through = self.before_break(bytes.len());
        if through > 0 {
            let message = self.stage.send(
                self.lanes.0,
                self.lanes.1,
                format!("{through} bytes{}", super::peer::first_of(&bytes)),
            );
            let mut state = self.state();
            let end = state.wire.len() + through;
            state.messages.push_back((end, message));
        }
        let mut rest = &bytes[..through];
        while !rest.is_empty() {
            let room = self.room().await;
            let (piece, more) = rest.split_at(room.min(PIECE_BYTES).min(rest.len()));
            self.put(piece).await;
            rest = more;
        }
        if through < bytes.len() {
            self.stage.count(evidence::BROKEN);
            self.stage.note(self.lanes.0, Tone::Fault, "the link is broken");
            return Err(LinkBroken);
        }
        self.end_write(write);
        Ok(())
    }
}

#[async_trait]
impl LinkReader for Link {
    async fn read(&self, max_bytes: usize) -> Vec<u8> {
        self.stage.enter().await;
        loop {
            if let Some(bytes) = self.take(max_bytes) {
                if bytes.is_empty() && self.faults.cut_at == Some(self.read_bytes()) {
                    self.stage.count(evidence::CUT);
                    self.stage.note(self.lanes.1, Tone::Fault, "the link ends");
                }
                self.room.notify_one();
                return bytes;
            }
            let next_ms = self.state().arrivals.front().map(|(at_ms, _)| *at_ms);
            match next_ms {
                Some(at_ms) => self.stage.until_ms(at_ms).await,
                None => self.arrived.notified().await,
            }
        }
    }
}

impl Link {
    /// Reads to the end and keeps nothing, for plays in which only the sender is tested.
    pub async fn drain(self: Arc<Self>, stalls: Vec<(u64, u64)>) {
        loop {
            let now_ms = self.stage.now_ms();
            match stalls.iter().find(|(from_ms, to_ms)| (*from_ms..*to_ms).contains(&now_ms)) {
                Some((_, to_ms)) => self.stage.until_ms(*to_ms).await,
                None => {
                    let next = stalls.iter().map(|(from_ms, _)| *from_ms).filter(|from_ms| *from_ms > now_ms).min();
                    let patience_ms = next.map_or(u64::MAX / 2_000, |from_ms| from_ms - now_ms);
                    match timeout(Duration::from_millis(patience_ms), self.read(PIECE_BYTES)).await {
                        Ok(bytes) if bytes.is_empty() => return,
                        _ => {}
                    }
                }
            }
        }
    }
}
