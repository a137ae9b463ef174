//! Streams of frames to put the receiving half to the test with.

use std::fmt;

use proptest::collection::vec;
use proptest::option;
use proptest::sample::Index;
use proptest::strategy::{BoxedStrategy, Strategy};
use proptest::{arbitrary::any, prop_oneof};

use super::contract::{MAX_PAYLOAD_BYTES, Reading};
use super::craft::{field, frame, varint, wire};
use super::peer;
use super::values::ordinary;
use crate::hex;

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
    fn of(what: impl Into<String>, payloads: Vec<Vec<u8>>, pieces: Vec<usize>) -> Self {
        let mut stream = Stream { what: what.into(), whole: Vec::new(), bytes: Vec::new(), mark: None, pieces };
        for payload in payloads {
            stream.bytes.extend(frame(&payload));
            stream.whole.push((payload, stream.bytes.len()));
        }
        stream
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

    fn followed_by(mut self, bytes: &[u8]) -> Self {
        self.mark.get_or_insert(self.bytes.len());
        self.bytes.extend(bytes);
        self
    }
}

fn payloads(min: usize) -> BoxedStrategy<Vec<Vec<u8>>> {
    vec(ordinary(1).prop_map(|reading| peer::encode(&reading)), min..4).boxed()
}

fn pieces() -> BoxedStrategy<Vec<usize>> {
    prop_oneof![proptest::prelude::Just(vec![1]), vec(1usize..60, 1..4)].boxed()
}

/// Nothing wrong with it.
pub fn calm(_: u64) -> BoxedStrategy<Stream> {
    let build = |(payloads, pieces)| Stream::of("with nothing wrong", payloads, pieces);
    (payloads(1), pieces()).prop_map(build).boxed()
}

/// One bit of a payload or checksum flipped, and good frames after it.
pub fn damaged(_: u64) -> BoxedStrategy<Stream> {
    let build = |(payloads, pieces, which, at, bit, after): (Vec<Vec<u8>>, _, Index, Index, u8, Option<Reading>)| {
        let which = which.index(payloads.len());
        let mut stream = Stream::of("with one bit flipped", payloads, pieces);
        let (payload, end) = &stream.whole[which];
        let covered = payload.len() + 4;
        let place = end - covered + at.index(covered);
        stream.bytes[place] ^= 1 << bit;
        stream.mark = Some(place);
        stream.whole.truncate(which);
        stream.followed_by(&frame(&peer::encode(&after.unwrap_or_default())))
    };
    let damage = (any::<Index>(), any::<Index>(), 0u8..8, option::of(ordinary(0)));
    let parts = (payloads(1), pieces(), damage);
    parts
        .prop_map(move |(payloads, pieces, (which, at, bit, after))| build((payloads, pieces, which, at, bit, after)))
        .boxed()
}

/// It ends in the middle of a frame.
pub fn cut(_: u64) -> BoxedStrategy<Stream> {
    let build = |(payloads, pieces, at): (Vec<Vec<u8>>, _, Index)| {
        let mut stream = Stream::of("that is cut off", payloads, pieces);
        let (payload, end) = stream.whole.pop().expect("there is one at least");
        let begin = stream.whole.last().map_or(0, |(_, end)| *end);
        debug_assert!(end - begin >= payload.len() + 5, "a frame has a length and a checksum");
        let kept = begin + 1 + at.index(end - begin - 1);
        stream.bytes.truncate(kept);
        stream.mark = Some(kept);
        stream
    };
    (payloads(1), pieces(), any::<Index>()).prop_map(build).boxed()
}

/// A length that no frame may have, and nothing of what it claims.
pub fn too_long(_: u64) -> BoxedStrategy<Stream> {
    let limit = MAX_PAYLOAD_BYTES as u64;
    let claim =
        prop_oneof![limit + 1..limit + 3, 1u64 << 20..1 << 22, 1u64 << 32..(1 << 32) + 9, 1u64 << 63..=u64::MAX];
    let build = |(payloads, pieces, claim)| {
        let what = format!("in which a frame claims {claim} bytes, where {MAX_PAYLOAD_BYTES} are allowed");
        Stream::of(what, payloads, pieces).followed_by(&varint(claim))
    };
    let endless = |(payloads, pieces)| {
        Stream::of("in which a length does not end after ten bytes", payloads, pieces).followed_by(&[0x80; 11])
    };
    prop_oneof![
        4 => (payloads(0), pieces(), claim).prop_map(build),
        1 => (payloads(0), pieces()).prop_map(endless),
    ]
    .boxed()
}

/// A payload in the middle that is no reading, in a frame that is right.
pub fn unreadable(_: u64) -> BoxedStrategy<Stream> {
    let build = |(mut payloads, pieces, which): (Vec<Vec<u8>>, _, Index)| {
        let which = which.index(payloads.len() + 1);
        payloads.insert(which, field(9, wire::LEN, b"\xff"));
        Stream::of("in which one payload is no reading", payloads, pieces)
    };
    (payloads(1), pieces(), any::<Index>()).prop_map(build).boxed()
}

/// Long, of frames of every size up to the largest.
pub fn long(index: u64) -> BoxedStrategy<Stream> {
    let build = move |pieces| {
        let payload = |nth: usize| {
            let len = if nth % 4 == 0 { MAX_PAYLOAD_BYTES } else { 20 + nth % 50 };
            // Two bytes for the tag and up to two for the length.
            field(10, wire::LEN, &vec![nth as u8; len - 3])
        };
        Stream::of("of 80 frames", (0..80).map(payload).collect(), pieces)
    };
    let pieces = [vec![1], vec![700, 1, 3_000], vec![4_096]][index as usize % 3].clone();
    proptest::prelude::Just(build(pieces)).boxed()
}
