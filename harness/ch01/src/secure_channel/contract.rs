//! The contract of `secure_channel`.
//!
//! Times are milliseconds of tokio's clock, sizes are bytes.

use std::sync::Arc;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

// ANCHOR: channel
/// One end of an authenticated, encrypted channel over a wire that anybody may read and change.
///
/// It speaks TLS 1.3. Inside it, each message is preceded by its length: four bytes, most significant first. Nothing else is
/// sent as application data.
///
/// # What is promised
///
/// - [`open`](Self::open) succeeds only once the other end has proven that it holds the key of a certificate that an
///   authority in [`Credentials::authorities`] vouches for and that is valid today; to a client the certificate must also
///   be for the server's name. A server demands a certificate from its client. Versions before TLS 1.3 are refused.
/// - `open` returns no later than [`Limits::handshake_timeout_ms`] after it began, to the millisecond, whatever the other
///   end sends or doesn't.
/// - Nothing of a message is readable on the wire: not before `open`, not after it, and not when it has failed.
/// - Messages arrive whole, in order and unchanged, however the wire cuts or joins the bytes, up to
///   [`Limits::max_message_bytes`]; an empty one, too. A longer one is not sent ([`ChannelError::TooLong`]; the channel goes
///   on), and one that is announced by the other end makes `receive` fail at once, before its bytes are there.
/// - A `receive` that waits does not hold up a `send`. `send` may be called from several tasks at once; their messages may
///   come in any order, but whole.
/// - A `receive` whose future is dropped loses nothing: the next one carries on.
/// - [`close`](Self::close) tells the other end (`close_notify`) and finishes the wire. It ends one direction only: what
///   the other end still sends can be received.
/// - `receive` returns `None` only if the other end has closed the channel after a whole message. A stream that ends in any
///   other way is [`ChannelError::Truncated`].
/// - Whatever else arrives that the other end did not send in this session just so (a bit is flipped, something is missing
///   or comes twice, a recording is played) never becomes a message, and ends the session with an error.
/// - After `open` or `receive` has failed, the session is over: every later `send` and `receive` fails, too. (Messages that
///   came whole before the failure may be handed out first.) An end that fails sends the alert that TLS has for it, if
///   any, and finishes the wire, so that the other end need not wait.
///
/// Two ends are alike but for two things. `open` of a client may succeed before the server has looked at the client's
/// certificate; TLS 1.3 lets it. A server that refuses then says so to the next `receive`.
#[async_trait]
pub trait SecureChannel: Send + Sync + 'static {
    /// The client's end of a channel to the server of that name.
    ///
    /// # Errors
    ///
    /// When the credentials or the name can't be used.
    fn connect(
        wire: Arc<dyn Wire>,
        credentials: Credentials,
        server_name: String,
        limits: Limits,
    ) -> Result<Self, ChannelError>
    where
        Self: Sized;

    /// The server's end.
    ///
    /// # Errors
    ///
    /// When the credentials can't be used.
    fn accept(wire: Arc<dyn Wire>, credentials: Credentials, limits: Limits) -> Result<Self, ChannelError>
    where
        Self: Sized;

    /// Shakes hands. Called once, and has returned before anything else is called.
    ///
    /// # Errors
    ///
    /// When the other end has not proven who it is, or not in time.
    async fn open(&self) -> Result<(), ChannelError>;

    /// Hands a message to the wire.
    ///
    /// # Errors
    ///
    /// [`ChannelError::TooLong`]; [`ChannelError::Closed`] after `close`; or what the session has failed with.
    async fn send(&self, message: Vec<u8>) -> Result<(), ChannelError>;

    /// The next message; `None` when the other end has closed the channel. Called by one task at a time.
    ///
    /// # Errors
    ///
    /// What the session has failed with, now or before.
    async fn receive(&self) -> Result<Option<Vec<u8>>, ChannelError>;

    /// Tells the other end that nothing more will come.
    ///
    /// # Errors
    ///
    /// What the session has failed with.
    async fn close(&self) -> Result<(), ChannelError>;
}
// ANCHOR_END: channel

// ANCHOR: wire
/// One end of a stream of bytes between two machines, and of everybody in between.
///
/// What is handed in comes out at the other end in order, unless somebody interferes; but it may be cut into pieces and
/// joined anew on the way.
#[async_trait]
pub trait Wire: Send + Sync {
    /// Hands bytes to the network, which may take a moment to take them. Two calls at the same time may overtake each
    /// other; a call that is dropped may have sent nothing.
    async fn send(&self, bytes: Vec<u8>);

    /// Waits for the next bytes: one or more, or `None` if the stream has ended, for whatever reason. Dropping this future
    /// loses nothing.
    async fn recv(&self) -> Option<Vec<u8>>;

    /// Ends this direction of the stream: the other end gets what was sent before, and then `None`.
    async fn finish(&self);
}
// ANCHOR_END: wire

/// Who an end is, and whom it trusts. Everything is DER, as rustls likes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credentials {
    /// Its certificate, and after it those that lead to an authority.
    pub chain: Vec<Vec<u8>>,
    /// The key of its certificate, as PKCS #8.
    pub key: Vec<u8>,
    /// The certificates of the authorities that it trusts.
    pub authorities: Vec<Vec<u8>>,
}

/// How much an end puts up with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// How long a handshake may take, in milliseconds.
    pub handshake_timeout_ms: u64,
    /// The length of the longest message, in bytes, in either direction.
    pub max_message_bytes: usize,
}

/// Why there is no channel, or none any more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ChannelError {
    /// TLS said no, at this end or the other: a certificate that is not good enough, an old version, bytes that make no
    /// sense or were changed.
    Tls {
        /// What it said, for a person to read.
        reason: String,
    },
    /// The handshake took too long.
    TimedOut,
    /// The stream ended, and the other end had not said that it would.
    Truncated,
    /// A message is longer than the limit.
    TooLong {
        /// How long it is, or claims to be.
        bytes: usize,
    },
    /// This end has closed the channel.
    Closed,
}
