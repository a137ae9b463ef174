//! One end of a connection as the promises use it: with what it takes of memory, and with a whole stream given at a time, so
//! that one in another process is asked once a stream, not twice a byte.

use harness::memory;

use super::contract::{DecodeError, FrameError, Reading, WireFormat};

/// What comes next out of a connection.
pub type Next = Result<Reading, FrameError>;

/// See [`WireFormat`] for what has the same name there.
pub trait End {
    fn encode(&self, reading: &Reading) -> Vec<u8>;
    fn decode(&self, bytes: &[u8]) -> Result<Reading, DecodeError>;
    fn frame(&self, reading: &Reading) -> Vec<u8>;
    fn push(&mut self, bytes: &[u8]);
    fn next(&mut self) -> Result<Option<Reading>, FrameError>;
    fn finish(&self) -> Result<(), FrameError>;

    /// The same as `decode`, and how many bytes it held at any moment beyond what was held before.
    fn decode_watched(&self, bytes: &[u8]) -> (usize, Result<Reading, DecodeError>);

    /// Lets pieces arrive one after another, until [it is over](is_over). What comes out after each of them, up to the first
    /// error that is final. It asks after each piece at most `most + 2` times, since a receiver may go on for ever.
    fn receive(&mut self, pieces: &[&[u8]], most: usize) -> Vec<Vec<Next>>;
}

impl<C: WireFormat> End for C {
    fn encode(&self, reading: &Reading) -> Vec<u8> {
        WireFormat::encode(self, reading)
    }

    fn decode(&self, bytes: &[u8]) -> Result<Reading, DecodeError> {
        WireFormat::decode(self, bytes)
    }

    fn frame(&self, reading: &Reading) -> Vec<u8> {
        WireFormat::frame(self, reading)
    }

    fn push(&mut self, bytes: &[u8]) {
        WireFormat::push(self, bytes);
    }

    fn next(&mut self) -> Result<Option<Reading>, FrameError> {
        WireFormat::next(self)
    }

    fn finish(&self) -> Result<(), FrameError> {
        WireFormat::finish(self)
    }

    fn decode_watched(&self, bytes: &[u8]) -> (usize, Result<Reading, DecodeError>) {
        memory::peak_bytes(|| WireFormat::decode(self, bytes))
    }

    fn receive(&mut self, pieces: &[&[u8]], most: usize) -> Vec<Vec<Next>> {
        let mut out = Vec::new();
        for piece in pieces {
            WireFormat::push(self, piece);
            out.push(drain(self, most + 2));
            if is_over(&out, most) {
                break;
            }
        }
        out
    }
}

/// Whether there is no point in going on: more has come out than `most`, or an error that is final.
pub fn is_over(out: &[Vec<Next>], most: usize) -> bool {
    out.iter().map(Vec::len).sum::<usize>() > most || out.last().is_some_and(|last| broken_by(last).is_some())
}

/// The error after which nothing more was asked for, if there is one.
pub fn broken_by(out: &[Next]) -> Option<FrameError> {
    out.last()?.as_ref().err().copied().filter(|error| !matches!(error, FrameError::Payload(_)))
}

fn drain(codec: &mut impl WireFormat, most: usize) -> Vec<Next> {
    let mut out = Vec::new();
    while out.len() < most && broken_by(&out).is_none() {
        match codec.next().transpose() {
            Some(next) => out.push(next),
            None => break,
        }
    }
    out
}

/// What is held between two arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// How many readings have come out by then.
    pub received: usize,
    /// Bytes beyond what was held before the connection began.
    pub held_bytes: usize,
}

impl Held {
    /// Whether there is no point in going on.
    pub fn is_over(self, most: usize, most_bytes: usize) -> bool {
        self.received > most || self.held_bytes > most_bytes
    }
}

/// Lets pieces arrive at a new end. What it holds after each of them, with nothing left to hand out, until that is more than
/// `most_bytes`, or more than `most` readings have come out.
pub fn hold<C: WireFormat>(pieces: &[&[u8]], most: usize, most_bytes: usize) -> Vec<Held> {
    let mut all = Vec::with_capacity(pieces.len());
    let before_bytes = memory::in_use_bytes();
    let mut codec = C::new();
    let mut received = 0;
    for piece in pieces {
        codec.push(piece);
        received += drain(&mut codec, most + 1).iter().filter(|next| next.is_ok()).count();
        let held = Held { received, held_bytes: memory::in_use_bytes().saturating_sub(before_bytes) };
        all.push(held);
        if held.is_over(most, most_bytes) {
            break;
        }
    }
    all
}
