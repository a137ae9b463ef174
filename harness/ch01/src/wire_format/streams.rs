//! Streams of frames to put the receiving half to the test with.

use std::fmt;

use harness::hex;
use proptest::collection::vec;
use proptest::prelude::Just;
use proptest::sample::{Index, select};
use proptest::strategy::{BoxedStrategy, Strategy};
use proptest::{arbitrary::any, prop_oneof};

use super::contract::MAX_PAYLOAD_BYTES;
use super::craft::{field, frame, varint, wire};
use super::peer;
use super::values::ordinary;

const CHECKSUM_BYTES: usize = 4;

/// What arrives on a connection.
#[derive(Clone, Debug)]
pub struct Stream {
    /// What is special about it, as the end of a sentence that begins with "a stream ".
    pub what: String,
    /// The payloads that have to be handed out, each with the place in `bytes` where its frame ends.
    pub whole: Vec<(Vec<u8>, usize)>,
    /// All bytes.
    pub bytes: Vec<u8>,
    /// Where it goes wrong.
    pub mark: Option<usize>,
    /// The sizes of the pieces in which it arrives, again and again.
    pub pieces: Vec<usize>,
}

impl fmt::Display for Stream {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let dump = hex::dump(&self.bytes, self.mark);
        write!(
            out,
            "a stream of {} bytes {}, in pieces of {:?} bytes\n{dump}",
            self.bytes.len(),
            self.what,
            self.pieces
        )
    }
}

impl Stream {
    /// One frame after the other, each in one piece.
    fn of(what: impl Into<String>, payloads: Vec<Vec<u8>>) -> Self {
        let (whole, bytes, pieces) = (Vec::new(), Vec::new(), Vec::new());
        let mut stream = Stream { what: what.into(), whole, bytes, mark: None, pieces };
        for payload in payloads {
            stream = stream.followed_by(&frame(&payload));
            stream.whole.push((payload, stream.bytes.len()));
        }
        stream
    }

    fn followed_by(mut self, piece: &[u8]) -> Self {
        self.bytes.extend(piece);
        self.pieces.push(piece.len());
        self
    }

    /// The pieces in which it arrives.
    pub fn arrivals(&self) -> impl Iterator<Item = &[u8]> {
        let mut sizes = self.pieces.iter().copied().cycle();
        let mut rest = &self.bytes[..];
        std::iter::from_fn(move || {
            let size = sizes.next()?.clamp(1, rest.len().max(1));
            let (piece, after) = rest.split_at(size.min(rest.len()));
            rest = after;
            (!piece.is_empty()).then_some(piece)
        })
    }
}

fn payloads(min: usize) -> BoxedStrategy<Vec<Vec<u8>>> {
    vec(ordinary(1).prop_map(|reading| peer::encode(&reading)), min..4).boxed()
}

/// Nothing wrong with it; in pieces of any size.
pub fn calm(_: u64) -> BoxedStrategy<Stream> {
    let pieces = prop_oneof![Just(vec![1]), vec(1usize..60, 1..4)];
    let build = |(payloads, pieces)| Stream { pieces, ..Stream::of("with nothing wrong", payloads) };
    (payloads(1), pieces).prop_map(build).boxed()
}

/// One bit of a payload or checksum flipped, and a good frame after it.
pub fn damaged(_: u64) -> BoxedStrategy<Stream> {
    let build = |(payloads, which, at, bit): (Vec<Vec<u8>>, Index, Index, u8)| {
        let which = which.index(payloads.len());
        let mut stream = Stream::of("with one bit flipped", payloads).followed_by(&frame(&[8, 1]));
        let (payload, end) = &stream.whole[which];
        let covered = payload.len() + CHECKSUM_BYTES;
        let place = end - covered + at.index(covered);
        stream.bytes[place] ^= 1 << bit;
        stream.mark = Some(place);
        stream.whole.truncate(which);
        stream
    };
    (payloads(1), any::<Index>(), any::<Index>(), 0u8..8).prop_map(build).boxed()
}

/// It ends in the middle of a frame.
pub fn cut(_: u64) -> BoxedStrategy<Stream> {
    let build = |(payloads, at): (Vec<Vec<u8>>, Index)| {
        let mut stream = Stream::of("that is cut off", payloads);
        let (_, end) = stream.whole.pop().expect("there is one at least");
        let begin = stream.whole.last().map_or(0, |(_, end)| *end);
        let kept = begin + 1 + at.index(end - begin - 1);
        stream.bytes.truncate(kept);
        stream.mark = Some(kept);
        stream
    };
    (payloads(1), any::<Index>()).prop_map(build).boxed()
}

/// A length that no frame may have, and nothing of what it claims.
pub fn too_long(_: u64) -> BoxedStrategy<Stream> {
    let limit = MAX_PAYLOAD_BYTES as u64;
    let claim =
        prop_oneof![limit + 1..limit + 3, 1u64 << 20..1 << 22, 1u64 << 32..(1 << 32) + 9, 1u64 << 63..=u64::MAX];
    let build = |what: String, payloads, length: &[u8]| {
        let stream = Stream::of(what, payloads);
        Stream { mark: Some(stream.bytes.len()), ..stream.followed_by(length) }
    };
    let claims = move |(payloads, claim)| {
        let what = format!("in which a frame claims {claim} bytes, where {MAX_PAYLOAD_BYTES} are allowed");
        build(what, payloads, &varint(claim))
    };
    let endless = move |payloads| build("in which a length does not end after ten bytes".into(), payloads, &[0x80; 11]);
    prop_oneof![4 => (payloads(0), claim).prop_map(claims), 1 => payloads(0).prop_map(endless)].boxed()
}

/// Any of the two after which nobody knows where a frame begins.
pub fn broken(index: u64) -> BoxedStrategy<Stream> {
    if index.is_multiple_of(2) { damaged(index) } else { too_long(index) }
}

/// A payload in the middle that is no reading, in a frame that is right.
pub fn unreadable(_: u64) -> BoxedStrategy<Stream> {
    let bad = select(vec![field(9, wire::LEN, b"\xff"), field(9, wire::LEN, b"abc")[..4].to_vec(), vec![0, 0]]);
    let build = |(mut payloads, bad, which): (Vec<Vec<u8>>, Vec<u8>, Index)| {
        let which = which.index(payloads.len() + 1);
        payloads.insert(which, bad);
        let stream = Stream::of("in which one payload is no reading", payloads);
        let begin = which.checked_sub(1).map_or(0, |before| stream.whole[before].1);
        Stream { mark: Some(begin), ..stream }
    };
    (payloads(1), bad, any::<Index>()).prop_map(build).boxed()
}

/// Long, of frames of every size up to the largest.
pub fn long(index: u64) -> BoxedStrategy<Stream> {
    let payload = |nth: usize| {
        let len = if nth.is_multiple_of(4) { MAX_PAYLOAD_BYTES } else { 20 + nth % 50 };
        // A byte for the tag and up to two for the length.
        field(10, wire::LEN, &vec![nth as u8; len - 3])
    };
    let pieces = [vec![1], vec![700, 1, 3_000], vec![MAX_PAYLOAD_BYTES]][index as usize % 3].clone();
    Just(Stream { pieces, ..Stream::of("of 40 frames", (0..40).map(payload).collect()) }).boxed()
}
