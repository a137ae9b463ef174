//! The contract of `thin_pipe`: two halves, and the format in which they talk.
//!
//! Each half is checked alone against the harness's own other half, so two halves that share a mistake don't pass.
//!
//! # The format
//!
// ANCHOR: format
//! A stream is a sequence of frames. Numbers are unsigned and big-endian.
//!
//! | bytes | field | |
//! |---|---|---|
//! | 0 | kind | 0 stored, 1 deflated, 2 end: see [`FrameKind`] |
//! | 1 to 4 | number | 0 for the first frame of the stream, and one more for every frame |
//! | 5 to 8 | length | of the body, in bytes |
//! | 9 to 12 | checksum | CRC-32 (the one of zip and Ethernet) of bytes 0 to 8 followed by the body |
//! | from 13 | body | |
//!
//! The *content* of a frame is its body, inflated if the kind says so. It is a sequence of whole records, one or more,
//! and each record is its length (4 bytes) followed by its bytes. A record may be empty. A content is at most
//! [`Policy::frame_bytes`] long, and so is a body. A deflated body is one raw DEFLATE stream (RFC 1951, no zlib or gzip
//! header) that begins anew in every frame.
//!
//! The last frame is of the kind `end`, is numbered like the others and has no body. A stream without it has been cut.
// ANCHOR_END: format

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// Bytes of a frame's header.
pub const HEADER_BYTES: usize = 13;

/// Bytes that say how long a record is.
pub const LENGTH_BYTES: usize = 4;

// ANCHOR: kind
/// The first byte of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[repr(u8)]
pub enum FrameKind {
    /// The body is the content.
    Stored = 0,
    /// The body is the content, deflated.
    Deflated = 1,
    /// Nothing follows. There is no body.
    End = 2,
}
// ANCHOR_END: kind

// ANCHOR: sender
/// Ships records over a thin link. One caller at a time uses it.
///
/// # What is promised
///
/// - What is on the wire is the format above, and its records are those that [`send`](Self::send) took, in that order.
/// - While there is enough to send, frames are full and deflated. Sent as fast as they are taken, records are on the
///   wire within twice the ideal, plus [`Policy::linger_ms`], plus 10 ms. The ideal is the time the link needs for
///   the same records in the fullest frames at flate2's default level.
/// - A frame whose content deflating makes no smaller is stored. Of such data, sent as fast as it is taken, the whole
///   stream is at most 2 % and 100 bytes longer than its contents.
/// - Small records travel together: `c` bytes of content, sent within `t` ms from the first `send` to `finish`, take at
///   most `2 + t / linger_ms + 2 * c / frame_bytes` frames, the end frame not counted.
/// - No record is held back: the write of its frame begins no later than [`Policy::linger_ms`] after `send` took it, or
///   as soon as all writes before it are done if that is later.
/// - The records that `send` took and whose frames are not on the wire yet have at most [`Policy::window_bytes`] bytes
///   together. A frame is on the wire once the write that carries its last byte has returned. A record that has no
///   room in the window waits in `send`.
/// - A record is taken at once, whatever the link does, if it would fit into one frame together with all that the sender
///   holds.
/// - Once the link is broken, nobody waits for it any more: calls to `send` come to an end, and `finish` says
///   [`SendError::Broken`].
#[async_trait]
pub trait TelemetrySender: Send + Sync + 'static {
    /// A sender on this link. Called inside a tokio runtime, so it may spawn tasks.
    fn new(link: Arc<dyn LinkWriter>, policy: Policy) -> Self
    where
        Self: Sized;

    /// Takes a record, as soon as there is room for it.
    ///
    /// # Errors
    ///
    /// [`SendError::TooLarge`] if the record doesn't fit into a frame; nothing else is changed by that.
    /// [`SendError::Broken`] if the link is known to be broken.
    async fn send(&self, record: Vec<u8>) -> Result<(), SendError>;

    /// Ends the stream. Returns when everything that `send` took, and the end frame, is on the wire. No call follows.
    ///
    /// # Errors
    ///
    /// [`SendError::Broken`] if the link broke, now or before.
    async fn finish(&self) -> Result<(), SendError>;
}
// ANCHOR_END: sender

// ANCHOR: receiver
/// Takes records off a link whose bytes may be damaged or hostile.
///
/// # What is promised
///
/// - The records of the stream, in order and exactly as sent; after the end frame `None`, also when asked again.
/// - A damaged stream ends in an error. What was returned before it are the stream's first records and nothing else, and
///   every further call is an error too. Damage is any changed byte, and any frame that is missing, repeated or out
///   of place, and a link that ends before the end frame has come.
/// - A frame that says that it is longer than `frame_bytes` is an error as soon as its header is there, without waiting
///   for a body. So is, when it is complete, a frame whose content is longer than `frame_bytes` or is not made of whole
///   records.
/// - Whatever comes, a receiver never holds more than `8 * frame_bytes` plus 256 KiB. (The inflater of flate2 needs 80
///   KiB of that.)
/// - A receiver whose caller takes its time lets the bytes wait in the link: it takes at most `4 * frame_bytes` off it
///   beyond the frame whose records it is returning.
#[async_trait]
pub trait TelemetryReceiver: Send + 'static {
    /// A receiver on this link; no frame has more than `frame_bytes` bytes of content. Called inside a tokio runtime.
    fn new(link: Arc<dyn LinkReader>, frame_bytes: usize) -> Self
    where
        Self: Sized;

    /// The next record, or `None` after the last.
    ///
    /// # Errors
    ///
    /// See [`ReceiveError`]. Which of them a damaged stream ends in is up to you.
    async fn next(&mut self) -> Result<Option<Vec<u8>>, ReceiveError>;
}
// ANCHOR_END: receiver

// ANCHOR: link
/// The end of the link into which bytes go.
#[async_trait]
pub trait LinkWriter: Send + Sync {
    /// Puts bytes on the wire, and returns once all have left.
    ///
    /// That takes the time the bandwidth asks for, and longer while the buffer at the far end is full. Writes that are made at
    /// once take turns. A write that is dropped half-way leaves a part of its bytes on the wire.
    ///
    /// # Errors
    ///
    /// [`LinkBroken`], for ever once it is.
    async fn write(&self, bytes: Vec<u8>) -> Result<(), LinkBroken>;
}

/// The end of the link from which bytes come.
#[async_trait]
pub trait LinkReader: Send + Sync {
    /// Takes what has arrived, at least one byte and at most `max_bytes`; waits while nothing has. As few as one byte
    /// may come at a time, wherever frames begin and end. No bytes means that the link has ended.
    async fn read(&self, max_bytes: usize) -> Vec<u8>;
}
// ANCHOR_END: link

// ANCHOR: policy
/// How a sender uses the link and its memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// The longest content of a frame, in bytes.
    pub frame_bytes: usize,
    /// The most a sender may hold, in bytes of records. At least twice `frame_bytes`.
    pub window_bytes: usize,
    /// How long a record may wait for others to share its frame, in milliseconds.
    pub linger_ms: u64,
}
// ANCHOR_END: policy

/// Nothing that is written arrives any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LinkBroken;

/// Why a record was not taken, or a stream not ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SendError {
    /// The record and its length don't fit into one frame.
    TooLarge,
    /// The link broke; what is on its way may be lost.
    Broken,
}

/// Why no more records come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ReceiveError {
    /// The link ended before the end frame.
    Truncated,
    /// A frame, or its content, is longer than allowed.
    TooLarge,
    /// Something else is not as a sender writes it.
    Corrupt {
        /// What, for people.
        reason: String,
    },
}
