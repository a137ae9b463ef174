//! The network is homogeneous.
//!
//! Contract: `ch01::wire_format`. Lesson: `cargo xtask lesson wire_format`.

use ch01::wire_format::{DecodeError, FrameError, Reading, WireFormat};

/// One end of a connection.
pub struct Codec {
    // What has to be kept of the bytes that have arrived so far?
}

impl WireFormat for Codec {
    fn new() -> Self {
        Codec {}
    }

    fn encode(&self, reading: &Reading) -> Vec<u8> {
        let _ = reading;
        todo!("write every field that is not zero: its tag, then its value")
    }

    fn decode(&self, bytes: &[u8]) -> Result<Reading, DecodeError> {
        let _ = bytes;
        todo!("read a tag, then what it announces, until nothing is left")
    }

    fn frame(&self, reading: &Reading) -> Vec<u8> {
        let _ = reading;
        todo!("length, payload, checksum")
    }

    fn push(&mut self, bytes: &[u8]) {
        let _ = bytes;
        todo!("keep them until a frame is complete")
    }

    fn next(&mut self) -> Result<Option<Reading>, FrameError> {
        todo!("is there a whole frame among what has arrived?")
    }

    fn finish(&self) -> Result<(), FrameError> {
        todo!("did the last frame end?")
    }
}
