//! The network is secure.
//!
//! Contract: `ch01::secure_channel`. Lesson: `cargo xtask lesson secure_channel`.

use std::sync::Arc;

use async_trait::async_trait;
use ch01::secure_channel::{ChannelError, Credentials, Limits, SecureChannel, Wire};

/// One end of a channel, client's or server's.
pub struct Channel {
    // What do both ends have to keep between their calls? rustls has a type for either: `rustls::Connection`.
}

#[async_trait]
impl SecureChannel for Channel {
    fn connect(
        wire: Arc<dyn Wire>,
        credentials: Credentials,
        server_name: String,
        limits: Limits,
    ) -> Result<Self, ChannelError> {
        let _ = (wire, credentials, server_name, limits);
        todo!("a rustls::ClientConfig: whom to trust, what to show; then a ClientConnection to that name")
    }

    fn accept(wire: Arc<dyn Wire>, credentials: Credentials, limits: Limits) -> Result<Self, ChannelError> {
        let _ = (wire, credentials, limits);
        todo!("a rustls::ServerConfig that asks the client for its certificate; then a ServerConnection")
    }

    async fn open(&self) -> Result<(), ChannelError> {
        todo!("carry bytes between the connection and the wire until the handshake is over, or its time")
    }

    async fn send(&self, message: Vec<u8>) -> Result<(), ChannelError> {
        let _ = message;
        todo!("the length and the message into the connection's writer; what comes out, to the wire")
    }

    async fn receive(&self) -> Result<Option<Vec<u8>>, ChannelError> {
        todo!("the next whole message; until there is one, feed the connection with what the wire brings")
    }

    async fn close(&self) -> Result<(), ChannelError> {
        todo!("say goodbye, so that the other end can tell this from a stream that was cut")
    }
}
