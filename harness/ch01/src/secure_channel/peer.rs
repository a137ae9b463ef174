//! The ends of the channel that are not under test: the honest ones, and those that are not what they should be.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use std::{io::Read, io::Write};

use async_trait::async_trait;
use harness::stage::{sleep, timeout};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection};

use super::contract::*;
use super::identities::{BANK, Identity};
use super::world::{Pose, Side};

/// An end that speaks TLS.
pub struct Peer {
    wire: Arc<dyn Wire>,
    limits: Limits,
    pose: Option<Pose>,
    session: Mutex<Session>,
    /// Whoever holds it hands to the wire.
    turn: tokio::sync::Mutex<()>,
}

struct Session {
    tls: Connection,
    /// What has come and is not a whole message yet.
    inbox: Vec<u8>,
    over: Option<Result<(), ChannelError>>,
}

fn tls(error: &dyn std::error::Error) -> ChannelError {
    ChannelError::Tls { reason: error.to_string() }
}

impl Peer {
    /// That side's end.
    pub fn new(side: Side, pose: Option<Pose>, wire: Arc<dyn Wire>, limits: Limits) -> Self {
        let connection = match side {
            Side::Client => client(pose),
            Side::Server => server(pose),
        };
        let mut connection = connection.expect("the course's own credentials are in order");
        connection.set_buffer_limit(None);
        let session = Mutex::new(Session { tls: connection, inbox: Vec::new(), over: None });
        Peer { wire, limits, pose, session, turn: tokio::sync::Mutex::default() }
    }

    fn session(&self) -> MutexGuard<'_, Session> {
        self.session.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Seals what `write` has to say, and hands it to the wire with whatever TLS itself has to send.
    async fn hand_over(&self, write: impl FnOnce(&mut Session) + Send) {
        let _turn = self.turn.lock().await;
        let bytes = {
            let mut session = self.session();
            write(&mut session);
            let mut bytes = Vec::new();
            while session.tls.wants_write() {
                session.tls.write_tls(&mut bytes).expect("a vector takes everything");
            }
            bytes
        };
        if !bytes.is_empty() {
            self.wire.send(bytes).await;
        }
    }

    /// Takes in what comes next.
    async fn take_in(&self) {
        let arrived = self.wire.recv().await;
        let ended = self.session().take_in(arrived);
        self.hand_over(|_| ()).await;
        if ended {
            self.wire.finish().await;
        }
    }

    async fn shake_hands(&self) -> Result<(), ChannelError> {
        self.hand_over(|_| ()).await;
        loop {
            {
                let session = self.session();
                if let Some(Err(error)) = &session.over {
                    return Err(error.clone());
                }
                if !session.tls.is_handshaking() {
                    return Ok(());
                }
            }
            self.take_in().await;
        }
    }
}

impl Session {
    /// Whether the session is over by an error.
    fn take_in(&mut self, arrived: Option<Vec<u8>>) -> bool {
        let over = match arrived {
            None => Some(Err(ChannelError::Truncated)),
            Some(bytes) => self.unseal(&bytes),
        };
        self.over = self.over.take().or(over);
        matches!(self.over, Some(Err(_)))
    }

    fn unseal(&mut self, mut bytes: &[u8]) -> Option<Result<(), ChannelError>> {
        while !bytes.is_empty() {
            if let Err(error) = self.tls.read_tls(&mut bytes) {
                return Some(Err(tls(&error)));
            }
            let state = match self.tls.process_new_packets() {
                Ok(state) => state,
                Err(error) => return Some(Err(tls(&error))),
            };
            let start = self.inbox.len();
            self.inbox.resize(start + state.plaintext_bytes_to_read(), 0);
            self.tls.reader().read_exact(&mut self.inbox[start..]).expect("as much as it has said");
            if state.peer_has_closed() {
                return Some(Ok(()));
            }
        }
        None
    }

    /// The next whole message, the end, or nothing yet.
    fn next(&mut self, limits: Limits) -> Option<Result<Option<Vec<u8>>, ChannelError>> {
        if let Some((length, rest)) = self.inbox.split_first_chunk::<4>() {
            let bytes = u32::from_be_bytes(*length) as usize;
            if bytes > limits.max_message_bytes {
                return Some(Err(ChannelError::TooLong { bytes }));
            }
            if let Some(message) = rest.get(..bytes) {
                let message = message.to_vec();
                self.inbox.drain(..4 + bytes);
                return Some(Ok(Some(message)));
            }
        }
        Some(match self.over.clone()? {
            Ok(()) if self.inbox.is_empty() => Ok(None),
            Ok(()) => Err(ChannelError::Truncated),
            Err(error) => Err(error),
        })
    }
}

#[async_trait]
impl SecureChannel for Peer {
    fn connect(wire: Arc<dyn Wire>, _: Credentials, _: String, limits: Limits) -> Result<Self, ChannelError> {
        Ok(Peer::new(Side::Client, None, wire, limits))
    }

    fn accept(wire: Arc<dyn Wire>, _: Credentials, limits: Limits) -> Result<Self, ChannelError> {
        Ok(Peer::new(Side::Server, None, wire, limits))
    }

    async fn open(&self) -> Result<(), ChannelError> {
        let limit = Duration::from_millis(self.limits.handshake_timeout_ms);
        timeout(limit, self.shake_hands()).await.unwrap_or(Err(ChannelError::TimedOut))
    }

    async fn send(&self, message: Vec<u8>) -> Result<(), ChannelError> {
        if let Some(Err(error)) = &self.session().over {
            return Err(error.clone());
        }
        let claimed = if self.pose == Some(Pose::Boasts) { self.limits.max_message_bytes + 1 } else { message.len() };
        let shown = if self.pose == Some(Pose::StopsHalfway) { message.len() / 2 } else { message.len() };
        let length = u32::try_from(claimed).expect("limits are far below 4 GiB").to_be_bytes();
        self.hand_over(|session| {
            let mut writer = session.tls.writer();
            writer.write_all(&length).and_then(|()| writer.write_all(&message[..shown])).expect("there is no limit");
        })
        .await;
        Ok(())
    }

    async fn receive(&self) -> Result<Option<Vec<u8>>, ChannelError> {
        loop {
            let next = self.session().next(self.limits);
            match next {
                Some(result) => return result,
                None => self.take_in().await,
            }
        }
    }

    async fn close(&self) -> Result<(), ChannelError> {
        self.hand_over(|session| session.tls.send_close_notify()).await;
        self.wire.finish().await;
        Ok(())
    }
}

fn chain(credentials: &Credentials) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    let chain = credentials.chain.iter().cloned().map(CertificateDer::from).collect();
    (chain, PrivatePkcs8KeyDer::from(credentials.key.clone()).into())
}

fn authorities(credentials: &Credentials) -> Arc<RootCertStore> {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(credentials.authorities.iter().cloned().map(CertificateDer::from));
    Arc::new(store)
}

fn versions(pose: Option<Pose>) -> &'static [&'static rustls::SupportedProtocolVersion] {
    static OLD: [&rustls::SupportedProtocolVersion; 1] = [&TLS12];
    static NOW: [&rustls::SupportedProtocolVersion; 1] = [&TLS13];
    if pose == Some(Pose::OldVersion) { &OLD } else { &NOW }
}

fn client(pose: Option<Pose>) -> Result<Connection, rustls::Error> {
    let identity = match pose {
        Some(Pose::Stranger) => Identity::StrangeTill,
        Some(Pose::Expired) => Identity::ExpiredTill,
        _ => Identity::Till,
    };
    let credentials = identity.credentials();
    let config =
        ClientConfig::builder_with_protocol_versions(versions(pose)).with_root_certificates(authorities(&credentials));
    let config = if pose == Some(Pose::Nameless) {
        config.with_no_client_auth()
    } else {
        let (chain, key) = chain(&credentials);
        config.with_client_auth_cert(chain, key)?
    };
    let name = ServerName::try_from(BANK).expect("it is a name");
    ClientConnection::new(Arc::new(config), name).map(Connection::Client)
}

fn server(pose: Option<Pose>) -> Result<Connection, rustls::Error> {
    let identity = match pose {
        Some(Pose::Stranger) => Identity::StrangeBank,
        Some(Pose::Expired) => Identity::ExpiredBank,
        Some(Pose::OtherName) => Identity::Shop,
        _ => Identity::Bank,
    };
    let credentials = identity.credentials();
    let verifier = WebPkiClientVerifier::builder(authorities(&credentials)).build().expect("there is an authority");
    let (chain, key) = chain(&credentials);
    let config = ServerConfig::builder_with_protocol_versions(versions(pose))
        .with_client_cert_verifier(verifier)
        .with_single_cert(chain, key)?;
    ServerConnection::new(Arc::new(config)).map(Connection::Server)
}

/// What a peer says that has never heard of TLS: to a client, what a web server would; to a server, a message.
pub const PLAIN_ANSWER: &[u8] = b"HTTP/1.1 400 Bad Request\r\nConnection: keep-alive\r\n\r\n";

/// A message in plain text, framed as inside TLS.
pub const PLAIN_MESSAGE: &[u8] = b"\0\0\0\x10pay 100 to eve!!";

/// How often a peer that dribbles sends a byte.
const DRIBBLE_MS: u64 = 40;

/// An end that does not speak TLS at all. It goes on until the stream ends.
pub async fn rude(side: Side, pose: Pose, wire: Arc<dyn Wire>) {
    match (pose, side) {
        (Pose::PlainText, Side::Client) => wire.send(PLAIN_MESSAGE.to_vec()).await,
        (Pose::PlainText, Side::Server) => {
            let _hello = wire.recv().await;
            wire.send(PLAIN_ANSWER.to_vec()).await;
            wire.send(PLAIN_MESSAGE.to_vec()).await;
        }
        (Pose::Dribbles, _) => dribble(&*wire).await,
        _ => {}
    }
    while wire.recv().await.is_some() {}
    wire.finish().await;
}

/// The header of a long record of a handshake, and then its bytes one by one.
async fn dribble(wire: &dyn Wire) {
    wire.send(vec![22, 3, 3, 0x20, 0]).await;
    for _ in 0..100 {
        sleep(Duration::from_millis(DRIBBLE_MS)).await;
        wire.send(vec![0]).await;
    }
}
