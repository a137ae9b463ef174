//! The network is secure.
//!
//! Contract: `ch01::secure_channel`. Lesson: `cargo xtask lesson secure_channel`.

use std::sync::Arc;
// learner: begin
use std::io::{Read, Write};
use std::sync::Mutex;
use std::time::Duration;
// learner: end

use async_trait::async_trait;
use ch01::secure_channel::{ChannelError, Credentials, Limits, SecureChannel, Wire};
// learner: begin
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::version::TLS13;
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection};
use tokio::time::timeout;
// learner: end

/// One end of a channel, client's or server's.
pub struct Channel {
    // learner: begin
    // learner: | // What do both ends have to keep between their calls? rustls has a type for either: `rustls::Connection`.
    wire: Arc<dyn Wire>,
    limits: Limits,
    /// Never locked across an await.
    session: Mutex<Session>,
    /// Held from sealing bytes until the wire has them: TLS numbers its records, so they must leave in that order.
    turn: tokio::sync::Mutex<()>,
    // learner: end
}

#[async_trait]
impl SecureChannel for Channel {
    fn connect(
        wire: Arc<dyn Wire>,
        credentials: Credentials,
        server_name: String,
        limits: Limits,
    ) -> Result<Self, ChannelError> {
        // learner: begin
        // learner: | let _ = (wire, credentials, server_name, limits);
        // learner: | todo!("a rustls::ClientConfig: whom to trust, what to show; then a ClientConnection to that name")
        let (chain, key) = identity(&credentials);
        let config = ClientConfig::builder_with_protocol_versions(&[&TLS13])
            .with_root_certificates(authorities(&credentials)?)
            .with_client_auth_cert(chain, key)
            .map_err(tls_error)?;
        let name = ServerName::try_from(server_name).map_err(tls_error)?;
        let connection = ClientConnection::new(Arc::new(config), name).map_err(tls_error)?;
        Ok(Channel::new(wire, limits, connection.into()))
        // learner: end
    }

    fn accept(wire: Arc<dyn Wire>, credentials: Credentials, limits: Limits) -> Result<Self, ChannelError> {
        // learner: begin
        // learner: | let _ = (wire, credentials, limits);
        // learner: | todo!("a rustls::ServerConfig that asks the client for its certificate; then a ServerConnection")
        let (chain, key) = identity(&credentials);
        let verifier = WebPkiClientVerifier::builder(authorities(&credentials)?).build().map_err(tls_error)?;
        let config = ServerConfig::builder_with_protocol_versions(&[&TLS13])
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(tls_error)?;
        let connection = ServerConnection::new(Arc::new(config)).map_err(tls_error)?;
        Ok(Channel::new(wire, limits, connection.into()))
        // learner: end
    }

    async fn open(&self) -> Result<(), ChannelError> {
        // learner: begin
        // learner: | todo!("carry bytes between the connection and the wire until the handshake is over, or its time")
        let limit = Duration::from_millis(self.limits.handshake_timeout_ms);
        match timeout(limit, self.shake_hands()).await {
            Ok(result) => result,
            Err(_) => self.fail(ChannelError::TimedOut).await,
        }
        // learner: end
    }

    async fn send(&self, message: Vec<u8>) -> Result<(), ChannelError> {
        // learner: begin
        // learner: | let _ = message;
        // learner: | todo!("the length and the message into the connection's writer; what comes out, to the wire")
        let bytes = message.len();
        if bytes > self.limits.max_message_bytes {
            return Err(ChannelError::TooLong { bytes });
        }
        let length = u32::try_from(bytes).map_err(|_| ChannelError::TooLong { bytes })?.to_be_bytes();
        let _turn = self.turn.lock().await;
        let sealed = {
            let mut session = self.session.lock().unwrap();
            session.may_send()?;
            let mut writer = session.connection.writer();
            writer.write_all(&length).and_then(|()| writer.write_all(&message)).map_err(tls_error)?;
            session.sealed()
        };
        self.wire.send(sealed).await;
        Ok(())
        // learner: end
    }

    async fn receive(&self) -> Result<Option<Vec<u8>>, ChannelError> {
        // learner: begin
        // learner: | todo!("the next whole message; until there is one, feed the connection with what the wire brings")
        loop {
            let next = self.session.lock().unwrap().next_message(self.limits.max_message_bytes);
            match next {
                Ok(Some(next)) => return Ok(next),
                Ok(None) => self.take_in().await,
                Err(error) => return self.fail(error).await,
            }
        }
        // learner: end
    }

    async fn close(&self) -> Result<(), ChannelError> {
        // learner: begin
        // learner: | todo!("say goodbye, so that the other end can tell this from a stream that was cut")
        let _turn = self.turn.lock().await;
        let sealed = {
            let mut session = self.session.lock().unwrap();
            session.may_send()?;
            session.connection.send_close_notify();
            session.closed = true;
            session.sealed()
        };
        self.wire.send(sealed).await;
        self.wire.finish().await;
        Ok(())
        // learner: end
    }
}

// learner: begin
impl Channel {
    fn new(wire: Arc<dyn Wire>, limits: Limits, mut connection: Connection) -> Self {
        // A message goes in whole and leaves at once, so its own limit bounds what is held.
        connection.set_buffer_limit(None);
        let session = Session { connection, inbox: Vec::new(), incoming: Incoming::Open, failed: None, closed: false };
        Channel { wire, limits, session: Mutex::new(session), turn: tokio::sync::Mutex::new(()) }
    }

    async fn shake_hands(&self) -> Result<(), ChannelError> {
        self.flush().await;
        loop {
            let state = self.session.lock().unwrap().handshake();
            match state {
                Ok(true) => return Ok(()),
                Ok(false) => self.take_in().await,
                Err(error) => return self.fail(error).await,
            }
            self.flush().await;
        }
    }

    /// Takes in what the wire brings next. Nothing waits between the wire and the session, so nothing is lost if this is
    /// dropped.
    async fn take_in(&self) {
        let arrived = self.wire.recv().await;
        self.session.lock().unwrap().take_in(arrived);
    }

    /// Hands over what TLS itself wants to send.
    async fn flush(&self) {
        let _turn = self.turn.lock().await;
        let sealed = self.session.lock().unwrap().sealed();
        if !sealed.is_empty() {
            self.wire.send(sealed).await;
        }
    }

    /// Ends the session for good; an alert tells the other end, if TLS has one.
    async fn fail<T>(&self, error: ChannelError) -> Result<T, ChannelError> {
        self.session.lock().unwrap().failed.get_or_insert(error.clone());
        self.flush().await;
        self.wire.finish().await;
        Err(error)
    }
}

struct Session {
    connection: Connection,
    /// Opened bytes that are not a whole message yet.
    inbox: Vec<u8>,
    incoming: Incoming,
    /// What the session has failed with.
    failed: Option<ChannelError>,
    /// This end has closed the channel.
    closed: bool,
}

/// The state of what comes in.
enum Incoming {
    Open,
    /// The other end has closed the channel.
    Closed,
    /// No more can come, or none that could be trusted.
    Broken(ChannelError),
}

impl Session {
    fn may_send(&self) -> Result<(), ChannelError> {
        match &self.failed {
            Some(error) => Err(error.clone()),
            None if self.closed => Err(ChannelError::Closed),
            None => Ok(()),
        }
    }

    /// Whether the handshake is over.
    fn handshake(&self) -> Result<bool, ChannelError> {
        match &self.incoming {
            Incoming::Open => Ok(!self.connection.is_handshaking()),
            Incoming::Closed => Err(ChannelError::Truncated),
            Incoming::Broken(error) => Err(error.clone()),
        }
    }

    /// Everything that TLS has ready for the wire.
    fn sealed(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.connection.wants_write() {
            self.connection.write_tls(&mut bytes).expect("a Vec takes everything");
        }
        bytes
    }

    fn take_in(&mut self, arrived: Option<Vec<u8>>) {
        match arrived {
            None => self.incoming = Incoming::Broken(ChannelError::Truncated),
            Some(bytes) => {
                if let Err(error) = self.open_records(&bytes) {
                    self.incoming = Incoming::Broken(error);
                }
            }
        }
    }

    /// Records to bytes. One call of `read_tls` takes no more than it likes, so this goes on until all is taken.
    fn open_records(&mut self, mut bytes: &[u8]) -> Result<(), ChannelError> {
        while !bytes.is_empty() {
            self.connection.read_tls(&mut bytes).map_err(tls_error)?;
            let state = self.connection.process_new_packets().map_err(tls_error)?;
            let start = self.inbox.len();
            self.inbox.resize(start + state.plaintext_bytes_to_read(), 0);
            self.connection.reader().read_exact(&mut self.inbox[start..]).map_err(tls_error)?;
            if state.peer_has_closed() {
                self.incoming = Incoming::Closed;
                break;
            }
        }
        Ok(())
    }

    /// `Some(message)`, or `Some(None)` at the end of the channel, or `None` while there is no telling.
    fn next_message(&mut self, max_bytes: usize) -> Result<Option<Option<Vec<u8>>>, ChannelError> {
        if let Some(error) = &self.failed {
            return Err(error.clone());
        }
        if let Some((length, rest)) = self.inbox.split_first_chunk::<4>() {
            let bytes = u32::from_be_bytes(*length) as usize;
            if bytes > max_bytes {
                return Err(ChannelError::TooLong { bytes });
            }
            if let Some(message) = rest.get(..bytes) {
                let message = message.to_vec();
                self.inbox.drain(..4 + bytes);
                return Ok(Some(Some(message)));
            }
        }
        match &self.incoming {
            Incoming::Open => Ok(None),
            Incoming::Closed if self.inbox.is_empty() => Ok(Some(None)),
            Incoming::Closed => Err(ChannelError::Truncated),
            Incoming::Broken(error) => Err(error.clone()),
        }
    }
}

/// The certificates to show, and the key to the first of them.
fn identity(credentials: &Credentials) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let chain = credentials.chain.iter().cloned().map(CertificateDer::from).collect();
    (chain, PrivatePkcs8KeyDer::from(credentials.key.clone()).into())
}

/// The authorities, and nobody else: not those that the operating system trusts.
fn authorities(credentials: &Credentials) -> Result<Arc<RootCertStore>, ChannelError> {
    let mut store = RootCertStore::empty();
    for authority in &credentials.authorities {
        store.add(CertificateDer::from(authority.clone())).map_err(tls_error)?;
    }
    Ok(Arc::new(store))
}

fn tls_error(error: impl std::fmt::Display) -> ChannelError {
    ChannelError::Tls { reason: error.to_string() }
}
// learner: end
