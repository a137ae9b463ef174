//! The wire between client and server, and the one who sits in between.
//!
//! He keeps a copy of everything, and may change it. He can't look into TLS, but its record headers are readable, so he
//! can tell a hello from what is sealed. What he notes in the trace has no lengths and no bytes of what is sealed: those
//! are random, and two runs of a schedule must look alike.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use harness::stage::{Stage, sleep};
use sim::{Lane, MessageId, Tone};
use tokio::sync::Notify;

use super::contract::Wire;
use super::world::{Conduct, Place, Side, Tamper, evidence};

/// Both directions of one connection.
pub struct Network {
    stage: Stage,
    conduct: Conduct,
    lanes: [Lane; 2],
    middle: Lane,
    directions: [Mutex<Direction>; 2],
    news: [Notify; 2],
}

/// What one side sends.
#[derive(Default)]
struct Direction {
    /// A copy of all of it, as it was handed in.
    copy: Vec<Vec<u8>>,
    /// How often something was handed in.
    handed: u32,
    /// The message that is about to be sent.
    message: Option<u32>,
    /// What was done to it on the way.
    tampered: Vec<Tamper>,
    under_way: VecDeque<Piece>,
    ended: bool,
}

/// Bytes that arrive together; without any, the end of the stream.
struct Piece {
    at_ms: u64,
    bytes: Vec<u8>,
    last_of: Option<MessageId>,
}

/// Pieces of one hand-over at most, so that reading them one by one is not taken for an endless loop.
const MAX_PIECES: usize = 2_000;

/// How long a slow network takes to take bytes, by turns.
const SLOW_MS: [u64; 2] = [3, 1];

impl Network {
    /// A connection that nobody has used yet.
    pub fn new(stage: Stage, conduct: Conduct) -> Arc<Self> {
        let lanes = [stage.lane(Side::Client.name()), stage.lane(Side::Server.name())];
        let middle = stage.lane("network");
        Arc::new(Network { stage, conduct, lanes, middle, directions: Default::default(), news: Default::default() })
    }

    /// That side's end of the wire.
    pub fn end(self: &Arc<Self>, side: Side) -> Arc<dyn Wire> {
        Arc::new(End { network: self.clone(), side })
    }

    /// That side is about to send the message with this number.
    pub fn about_to_send(&self, side: Side, message: u32) {
        self.from(side).message = Some(message);
    }

    /// Everything that side has handed in, piece by piece.
    pub fn copy(&self, side: Side) -> Vec<Vec<u8>> {
        self.from(side).copy.clone()
    }

    /// What was done to what that side sent.
    pub fn tampered(&self, side: Side) -> Vec<Tamper> {
        self.from(side).tampered.clone()
    }

    /// Whether that side's direction of the stream has ended.
    pub fn has_ended(&self, side: Side) -> bool {
        self.from(side).ended
    }

    fn from(&self, side: Side) -> MutexGuard<'_, Direction> {
        self.directions[side as usize].lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is to happen to the bytes that this side hands in now.
    fn tamper(&self, side: Side) -> Option<Tamper> {
        let mut from = self.from(side);
        from.handed += 1;
        let places = [Some(Place::Handshake(from.handed)), from.message.take().map(Place::Message)];
        let fits = |(whose, place, _): &&(Side, Place, Tamper)| *whose == side && places.contains(&Some(*place));
        self.conduct.tampers.iter().find(fits).map(|(_, _, tamper)| *tamper)
    }

    /// Puts bytes under way, changed as the one in between likes.
    fn pass_on(&self, side: Side, mut bytes: Vec<u8>, tamper: Option<Tamper>) {
        let label = what_is_seen(&bytes);
        let message = self.stage.send(self.lanes[side as usize], self.lanes[side.other() as usize], label.clone());
        if self.from(side).ended {
            self.stage.lost(self.lanes[side as usize], message, "the stream has ended");
            return;
        }
        let note = |text: &str| {
            self.stage.note(self.middle, Tone::Fault, text);
        };
        match tamper {
            None => self.enqueue(side, bytes, message),
            Some(Tamper::Flip { per_mille }) => {
                let place = place(&bytes, per_mille);
                bytes[place] ^= 0x10;
                note(&format!("flips a bit of: {label}"));
                self.stage.count(evidence::FLIPPED);
                self.enqueue(side, bytes, message);
            }
            Some(Tamper::Repeat) => {
                note(&format!("sends it twice: {label}"));
                self.stage.count(evidence::REPEATED);
                bytes.extend_from_within(..);
                self.enqueue(side, bytes, message);
            }
            Some(Tamper::Cut { per_mille }) => {
                bytes.truncate(bytes.len() * per_mille as usize / 1000);
                let how = if per_mille == 1000 { "after" } else { "in the middle of" };
                note(&format!("cuts the stream {how}: {label}"));
                self.stage.count(evidence::CUT);
                self.enqueue(side, bytes, message);
                self.end_stream(side);
            }
        }
        self.from(side).tampered.extend(tamper);
    }

    fn enqueue(&self, side: Side, bytes: Vec<u8>, message: MessageId) {
        let mut at_ms = self.stage.now_ms() + self.conduct.latency_ms;
        let (size, every_ms) = self.conduct.pieces[side as usize].unwrap_or((bytes.len(), 0));
        let size = size.max(bytes.len().div_ceil(MAX_PIECES)).max(1);
        let count = bytes.len().div_ceil(size);
        let mut from = self.from(side);
        at_ms = from.under_way.back().map_or(at_ms, |last| last.at_ms.max(at_ms));
        for (nth, piece) in bytes.chunks(size).enumerate() {
            let last_of = (nth + 1 == count).then_some(message);
            from.under_way.push_back(Piece { at_ms, bytes: piece.to_vec(), last_of });
            at_ms += every_ms;
        }
        drop(from);
        self.news[side as usize].notify_one();
    }

    fn end_stream(&self, side: Side) {
        let mut from = self.from(side);
        if from.ended {
            return;
        }
        from.ended = true;
        let mut at_ms = self.stage.now_ms() + self.conduct.latency_ms;
        at_ms = from.under_way.back().map_or(at_ms, |last| last.at_ms.max(at_ms));
        from.under_way.push_back(Piece { at_ms, bytes: Vec::new(), last_of: None });
        drop(from);
        self.news[side as usize].notify_one();
    }

    /// What has arrived of what that side sent, or when to look again.
    fn arrived(&self, side: Side) -> Arrived {
        let now_ms = self.stage.now_ms();
        let mut from = self.from(side);
        match from.under_way.front() {
            None => Arrived::Nothing,
            Some(piece) if piece.at_ms > now_ms => Arrived::Later(piece.at_ms),
            // The end stays where it is, for whoever asks again.
            Some(piece) if piece.bytes.is_empty() => Arrived::End,
            Some(_) => {
                let piece = from.under_way.pop_front().expect("it was looked at just now");
                drop(from);
                if let Some(message) = piece.last_of {
                    self.stage.receive(self.lanes[side.other() as usize], message);
                }
                Arrived::Bytes(piece.bytes)
            }
        }
    }
}

enum Arrived {
    Nothing,
    Later(u64),
    End,
    Bytes(Vec<u8>),
}

/// One side's end.
struct End {
    network: Arc<Network>,
    side: Side,
}

#[async_trait]
impl Wire for End {
    async fn send(&self, bytes: Vec<u8>) {
        let network = &self.network;
        network.stage.enter().await;
        if bytes.is_empty() {
            return;
        }
        let tamper = network.tamper(self.side);
        let handed = network.from(self.side).handed;
        if network.conduct.slow[self.side as usize] {
            sleep(Duration::from_millis(SLOW_MS[handed as usize % 2])).await;
        }
        network.from(self.side).copy.push(bytes.clone());
        network.pass_on(self.side, bytes, tamper);
    }

    async fn recv(&self) -> Option<Vec<u8>> {
        let network = &self.network;
        let peer = self.side.other();
        network.stage.enter().await;
        loop {
            match network.arrived(peer) {
                Arrived::Bytes(bytes) => return Some(bytes),
                Arrived::End => return None,
                Arrived::Later(at_ms) => network.stage.until_ms(at_ms).await,
                Arrived::Nothing => {
                    let _wait = network.stage.waiting(format!("bytes from the {}", peer.name()));
                    network.news[peer as usize].notified().await;
                }
            }
        }
    }

    async fn finish(&self) {
        self.network.stage.enter().await;
        self.network.end_stream(self.side);
    }
}

/// A place in bytes that were handed in together, past the header of their first record. In a hello it lies in the random
/// part, whose place is fixed; what follows there comes in an order that changes from run to run.
fn place(bytes: &[u8], per_mille: u32) -> usize {
    const HEADER: usize = 5;
    const IN_RANDOM: usize = 20;
    let is_hello = bytes.first() == Some(&22);
    let wanted = match (is_hello, per_mille) {
        (true, ..1000) => IN_RANDOM,
        _ => HEADER + bytes.len().saturating_sub(HEADER) * per_mille as usize / 1000,
    };
    wanted.min(bytes.len() - 1)
}

/// What somebody sees who knows how TLS records begin: type, version, length.
fn what_is_seen(bytes: &[u8]) -> String {
    let mut kinds: Vec<&str> = Vec::new();
    let mut rest = bytes;
    while let [kind, 3, _, high, low, after @ ..] = rest {
        let length = usize::from(u16::from_be_bytes([*high, *low])).min(after.len());
        let name = match (kind, after.first()) {
            (20, _) => "",
            (21, _) => "alert",
            (22, Some(1)) if is_plain(&after[..length]) => "client hello",
            (22, Some(2)) if is_plain(&after[..length]) => "server hello",
            (22, _) => "handshake",
            (23, _) => "sealed",
            _ => break,
        };
        if !name.is_empty() && kinds.last() != Some(&name) {
            kinds.push(name);
        }
        rest = &after[length..];
    }
    if !rest.is_empty() && kinds.last() != Some(&"sealed") {
        kinds.push("no TLS");
    }
    kinds.join(", ")
}

/// Whether a handshake record can be read: TLS 1.2 sends its last one encrypted, and that may begin with any byte. What
/// is plain begins with the length of its first message (RFC 8446, section 4).
fn is_plain(record: &[u8]) -> bool {
    let [_, high, middle, low, message @ ..] = record else { return false };
    u32::from_be_bytes([0, *high, *middle, *low]) as usize <= message.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_told_by_their_headers() {
        let hello = [22, 3, 1, 0, 5, 1, 0, 0, 1, 9];
        let server = [22, 3, 3, 0, 4, 2, 0, 0, 0, 20, 3, 3, 0, 1, 1, 23, 3, 3, 0, 1, 9, 23, 3, 3, 0, 1, 9];
        let encrypted = [22, 3, 3, 0, 6, 1, 200, 7, 7, 7, 7];
        assert_eq!(what_is_seen(&hello), "client hello");
        assert_eq!(what_is_seen(&server), "server hello, sealed");
        assert_eq!(what_is_seen(&encrypted), "handshake");
        assert_eq!(what_is_seen(b"GET / HTTP/1.1"), "no TLS");
        assert_eq!(what_is_seen(&[21, 3, 3, 0, 2, 2, 40]), "alert");
    }

    #[test]
    fn a_bit_of_a_hello_is_flipped_in_its_random_part() {
        let mut hello = vec![0; 200];
        hello[0] = 22;
        assert_eq!(place(&hello, 0), 20);
        assert_eq!(place(&hello, 1000), 199, "the end of a server's flight is sealed");
        assert_eq!(place(&[23; 105], 500), 55);
        assert_eq!(place(&[1, 2], 500), 1);
    }
}
