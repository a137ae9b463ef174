//! The contract of `wire_format`.
//!
//! The schema is Protocol Buffers', version 3; <https://protobuf.dev/programming-guides/encoding/> describes the wire
//! format. What follows here is exact where that page leaves a choice.

use std::fmt;

use serde::{Deserialize, Serialize};

// ANCHOR: schema
/// What a weather station measured.
///
/// ```proto
/// syntax = "proto3";
///
/// message Reading {
///   uint64          sequence        = 1;   // wire type 0: varint
///   sint32          altitude_m      = 2;   // wire type 0: zig-zag, then varint
///   int64           taken_at_ms     = 3;   // wire type 0: varint of the 64 bits; below zero it takes ten bytes
///   bool            indoors         = 4;   // wire type 0
///   fixed32         station         = 5;   // wire type 5: four bytes, lowest first
///   fixed64         key             = 6;   // wire type 1: eight bytes, lowest first
///   float           humidity        = 7;   // wire type 5
///   double          temperature_c   = 8;   // wire type 1
///   string          place           = 9;   // wire type 2: length, then UTF-8
///   bytes           signature       = 10;  // wire type 2
///   repeated sint32 gusts           = 11;  // wire type 2, packed; read as single varints, too
///   repeated string tags            = 12;  // wire type 2, one after the other
///   optional uint32 battery_percent = 13;  // wire type 0; absent is not the same as 0
///   Reading         corrects        = 16;  // wire type 2: length, then a reading
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Field 1: counts the readings of a station.
    pub sequence: u64,
    /// Field 2: above the sea, in metres; often below it.
    pub altitude_m: i32,
    /// Field 3: milliseconds since 1970; old records come before.
    pub taken_at_ms: i64,
    /// Field 4: whether there is a roof above the station.
    pub indoors: bool,
    /// Field 5: which station.
    pub station: u32,
    /// Field 6: of whom to trust with it.
    pub key: u64,
    /// Field 7: from 0 to 1, or not a number when the sensor is broken.
    pub humidity: f32,
    /// Field 8: in degrees Celsius.
    pub temperature_c: f64,
    /// Field 9: where the station stands.
    pub place: String,
    /// Field 10: any bytes.
    pub signature: Vec<u8>,
    /// Field 11: change of the wind's speed, in centimetres a second.
    pub gusts: Vec<i32>,
    /// Field 12: any text.
    pub tags: Vec<String>,
    /// Field 13: absent for a station on the mains.
    pub battery_percent: Option<u32>,
    /// Field 16: the earlier reading in whose place this one stands.
    pub corrects: Option<Box<Reading>>,
}
// ANCHOR_END: schema

/// How many readings may stand inside one another, the outermost not counted. Protocol Buffers' own readers stop at the
/// same depth.
pub const MAX_DEPTH: usize = 100;

/// The longest payload of a frame, in bytes.
pub const MAX_PAYLOAD_BYTES: usize = 4096;

/// Memory that a decoder or a receiver may use in any case, in bytes.
pub const SLACK_BYTES: usize = 16 * 1024;

/// Memory that a decoder may use for each byte of its input, in bytes.
pub const BYTES_PER_INPUT_BYTE: usize = 128;

// ANCHOR: codec
/// One end of a connection between machines that have nothing in common but this contract.
///
/// # Readings
///
/// - [`encode`](Self::encode) writes fields in the order of their numbers, each number in the fewest bytes, `gusts`
///   packed into one field, and leaves out what is zero, false or empty. The exceptions: an element of a list is always
///   written; so is an `Option` that is `Some`, whatever is in it; and -0.0 is not zero, since only a number whose bits
///   are all 0 is left out. Every bit of a number arrives, also of those that are NaN.
/// - [`decode`](Self::decode) takes fields in any order. If a field comes more than once, the last one wins; elements of
///   lists are added at the end; and a `corrects` that comes again is merged into the first, field by field, by the same
///   rules. Unknown fields of the wire types 0, 1, 2 and 5 are skipped.
/// - `gusts` is taken packed, as single varints, and mixed.
/// - Other writers pad varints: a varint of up to ten bytes is good, in a tag, length or value, also if fewer would do.
///   One that doesn't end after ten bytes, or has a bit beyond the 64th, is not. If the value has more bits than its
///   field, the lower ones count; any `bool` but 0 is true.
/// - Bad input is an error, never a panic. Which one, says [`DecodeFault`]. If several things are wrong, any of them may
///   be reported.
/// - Decoding `n` bytes, of whatever content, takes at most `n *` [`BYTES_PER_INPUT_BYTE`] `+` [`SLACK_BYTES`] of memory,
///   the result included.
///
/// # Frames
///
/// A frame is: the payload's length as a varint; the payload, which is a reading; and the [`crc32c`] of all that, in four
/// bytes, lowest first. A payload has at most [`MAX_PAYLOAD_BYTES`].
///
/// - The receiving half gets bytes in pieces of any size, and hands out each reading as soon as its frame is complete, in
///   order.
/// - A frame that ends in a wrong checksum, or that begins with a length that is too large or is no varint, is an error,
///   and the last thing that is received: after it nobody knows where a frame begins. The error about a length comes at
///   once and does not wait for the bytes that it claims.
/// - A frame whose checksum is right and whose payload is no reading costs only itself.
/// - Whenever [`next`](Self::next) has said `None`, the receiving half holds at most [`MAX_PAYLOAD_BYTES`] `+`
///   [`SLACK_BYTES`], however long the stream is.
pub trait WireFormat: Send + 'static {
    /// A new connection: nothing received yet.
    fn new() -> Self
    where
        Self: Sized;

    /// The bytes of a reading. It has no more than [`MAX_DEPTH`] readings inside one another.
    fn encode(&self, reading: &Reading) -> Vec<u8>;

    /// The reading of which these are the bytes, all of them.
    ///
    /// # Errors
    ///
    /// See [`DecodeFault`].
    fn decode(&self, bytes: &[u8]) -> Result<Reading, DecodeError>;

    /// The frame of a reading whose bytes fit.
    fn frame(&self, reading: &Reading) -> Vec<u8>;

    /// More bytes have arrived. There may be a piece of a frame in them, or several frames, or none.
    fn push(&mut self, bytes: &[u8]);

    /// The next reading that has arrived whole; `None` until more bytes arrive.
    ///
    /// # Errors
    ///
    /// See [`FrameError`]. Every one but [`FrameError::Payload`] is final: asked again, it is returned again.
    fn next(&mut self) -> Result<Option<Reading>, FrameError>;

    /// No more bytes will come. Asked after [`next`](Self::next) has said `None`.
    ///
    /// # Errors
    ///
    /// [`FrameError::Unfinished`] if a frame has begun that has not ended.
    fn finish(&self) -> Result<(), FrameError>;
}
// ANCHOR_END: codec

// ANCHOR: errors
/// Why bytes are not a reading, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DecodeError {
    /// What is wrong.
    pub fault: DecodeFault,
    /// Where in the input, counted from its first byte: anywhere from the tag of the field at fault to where reading
    /// stopped. Of a field inside `corrects` it is the place in the whole input, too.
    pub offset: usize,
}

/// What may be wrong with bytes that should be a reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DecodeFault {
    /// The input, or the `corrects` or packed list that holds the field, ends before the field does.
    Truncated,
    /// A varint that is not over after ten bytes, or that has a bit beyond the 64th.
    VarintTooLong,
    /// A field number below 1 or above 2^29 - 1.
    InvalidTag,
    /// Wire type 3 or 4 (groups, which version 3 no longer writes), 6 or 7 (which mean nothing), whatever the field.
    UnsupportedWireType,
    /// A field of the schema, with a wire type that is not its own.
    WrongWireType,
    /// More than [`MAX_DEPTH`] readings inside one another.
    TooDeep,
    /// Text that is not UTF-8.
    InvalidUtf8,
}

/// Why no more readings come out of a connection, or why one is missing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FrameError {
    /// The length is not a varint, or is above [`MAX_PAYLOAD_BYTES`].
    BadLength,
    /// The checksum does not fit the bytes before it.
    BadChecksum,
    /// The checksum is right and the payload is no reading. Offsets count from the first byte of the payload.
    Payload(DecodeError),
    /// The connection ended in the middle of a frame.
    Unfinished,
}
// ANCHOR_END: errors

impl fmt::Display for DecodeError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:?} at offset {}", self.fault, self.offset)
    }
}

impl std::error::Error for DecodeError {}

impl fmt::Display for FrameError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FrameError::Payload(error) => write!(out, "Payload: {error}"),
            other => write!(out, "{other:?}"),
        }
    }
}

impl std::error::Error for FrameError {}

/// The checksum of the frames, CRC-32C: of `123456789` it is `0xe306_9283`.
///
/// The polynomial is Castagnoli's (Castagnoli, Bräuer and Herrmann 1993), as in iSCSI (RFC 3720, appendix B.4), with bits
/// reflected. It finds every error of up to three bits in a frame, and every burst of up to 32.
pub fn crc32c(bytes: &[u8]) -> u32 {
    const REFLECTED: u32 = 0x82f6_3b78;
    let step = |crc: u32, _| if crc & 1 == 1 { (crc >> 1) ^ REFLECTED } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_the_one_that_others_compute() {
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        // RFC 3720, appendix B.4.
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        assert_eq!(crc32c(&[0xff; 32]), 0x62a8_ab43);
    }
}
