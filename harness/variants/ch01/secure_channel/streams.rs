//! TLS as a stream of bytes: rustls does its own I/O, on buffers, and finds out by itself that a stream was cut.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ch01::secure_channel::{ChannelError, Credentials, Limits, SecureChannel, Wire};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection};
use tokio::sync::Semaphore;

/// One end.
pub struct Channel {
    wire: Arc<dyn Wire>,
    limits: Limits,
    state: Mutex<State>,
    writing: Semaphore,
}

struct State {
    tls: Connection,
    pipe: Pipe,
    frame: Frame,
    failed: Option<ChannelError>,
    closed: bool,
}

/// What lies between rustls and the wire.
#[derive(Default)]
struct Pipe {
    arrived: VecDeque<u8>,
    ended: bool,
    leaving: Vec<u8>,
}

impl Read for Pipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.arrived.is_empty() && !self.ended {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.arrived.read(buffer)
    }
}

impl Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.leaving.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The message that is being read: its length first.
struct Frame {
    bytes: Vec<u8>,
    have: usize,
    body: bool,
}

impl Frame {
    fn length() -> Self {
        Frame { bytes: vec![0; 4], have: 0, body: false }
    }
}

enum Next {
    Message(Vec<u8>),
    End,
    NotYet,
}

fn reason(error: impl ToString) -> ChannelError {
    ChannelError::Tls { reason: error.to_string() }
}

impl State {
    /// Moves what can be moved between rustls and the pipe.
    fn turn_over(&mut self) -> Result<(), ChannelError> {
        loop {
            while self.tls.wants_write() {
                self.tls.write_tls(&mut self.pipe).map_err(reason)?;
            }
            if !self.tls.wants_read() {
                return Ok(());
            }
            match self.tls.read_tls(&mut self.pipe) {
                Ok(0) => return if self.tls.is_handshaking() { Err(ChannelError::Truncated) } else { Ok(()) },
                Ok(_) => self.tls.process_new_packets().map(|_| ()).map_err(reason)?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(reason(error)),
            }
        }
    }

    fn next(&mut self, max_bytes: usize) -> Result<Next, ChannelError> {
        loop {
            if self.frame.have == self.frame.bytes.len() {
                if self.frame.body {
                    return Ok(Next::Message(std::mem::replace(&mut self.frame, Frame::length()).bytes));
                }
                let bytes = u32::from_be_bytes(self.frame.bytes[..].try_into().unwrap()) as usize;
                if bytes > max_bytes {
                    return Err(ChannelError::TooLong { bytes });
                }
                self.frame = Frame { bytes: vec![0; bytes], have: 0, body: true };
                continue;
            }
            match self.tls.reader().read(&mut self.frame.bytes[self.frame.have..]) {
                Ok(0) if self.frame.have == 0 && !self.frame.body => return Ok(Next::End),
                Ok(0) => return Err(ChannelError::Truncated),
                Ok(count) => self.frame.have += count,
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Err(ChannelError::Truncated),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    let before = self.pipe.arrived.len();
                    let result = self.turn_over();
                    let moved = self.pipe.arrived.len() < before;
                    if !moved && !self.pipe.ended {
                        return result.map(|()| Next::NotYet);
                    }
                    result?;
                }
                Err(error) => return Err(reason(error)),
            }
        }
    }
}

impl Channel {
    fn new(wire: Arc<dyn Wire>, limits: Limits, mut tls: Connection) -> Self {
        tls.set_buffer_limit(None);
        let state = State { tls, pipe: Pipe::default(), frame: Frame::length(), failed: None, closed: false };
        Channel { wire, limits, state: Mutex::new(state), writing: Semaphore::new(1) }
    }

    async fn flush(&self) {
        let _permit = self.writing.acquire().await;
        let leaving = std::mem::take(&mut self.state.lock().unwrap().pipe.leaving);
        if !leaving.is_empty() {
            self.wire.send(leaving).await;
        }
    }

    async fn more(&self) {
        let arrived = self.wire.recv().await;
        let mut state = self.state.lock().unwrap();
        match arrived {
            Some(bytes) => state.pipe.arrived.extend(bytes),
            None => state.pipe.ended = true,
        }
    }

    async fn over<T>(&self, error: ChannelError) -> Result<T, ChannelError> {
        {
            let mut state = self.state.lock().unwrap();
            state.failed.get_or_insert(error.clone());
            while state.tls.wants_write() {
                let State { tls, pipe, .. } = &mut *state;
                let _ = tls.write_tls(pipe);
            }
        }
        self.flush().await;
        self.wire.finish().await;
        Err(error)
    }

    async fn shake_hands(&self) -> Result<(), ChannelError> {
        loop {
            let (result, handshaking) = {
                let mut state = self.state.lock().unwrap();
                (state.turn_over(), state.tls.is_handshaking())
            };
            result?;
            self.flush().await;
            if !handshaking {
                return Ok(());
            }
            self.more().await;
        }
    }

    /// Lets `write` use the connection, if that may be used, and sends what comes of it.
    async fn write(
        &self,
        write: impl FnOnce(&mut State) -> Result<(), ChannelError> + Send,
    ) -> Result<(), ChannelError> {
        {
            let mut state = self.state.lock().unwrap();
            match &state.failed {
                Some(error) => return Err(error.clone()),
                None if state.closed => return Err(ChannelError::Closed),
                None => write(&mut state)?,
            }
            while state.tls.wants_write() {
                let State { tls, pipe, .. } = &mut *state;
                tls.write_tls(pipe).map_err(reason)?;
            }
        }
        self.flush().await;
        Ok(())
    }
}

#[async_trait]
impl SecureChannel for Channel {
    fn connect(
        wire: Arc<dyn Wire>,
        credentials: Credentials,
        server_name: String,
        limits: Limits,
    ) -> Result<Self, ChannelError> {
        let (roots, chain, key) = material(credentials)?;
        let config = ClientConfig::builder_with_protocol_versions(&[&rustls::version::TLS13])
            .with_root_certificates(roots)
            .with_client_auth_cert(chain, key)
            .map_err(reason)?;
        let tls = ClientConnection::new(config.into(), ServerName::try_from(server_name).map_err(reason)?);
        Ok(Channel::new(wire, limits, tls.map_err(reason)?.into()))
    }

    fn accept(wire: Arc<dyn Wire>, credentials: Credentials, limits: Limits) -> Result<Self, ChannelError> {
        let (roots, chain, key) = material(credentials)?;
        let config = ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13])
            .with_client_cert_verifier(WebPkiClientVerifier::builder(roots).build().map_err(reason)?)
            .with_single_cert(chain, key)
            .map_err(reason)?;
        Ok(Channel::new(wire, limits, ServerConnection::new(config.into()).map_err(reason)?.into()))
    }

    async fn open(&self) -> Result<(), ChannelError> {
        let limit = tokio::time::sleep(Duration::from_millis(self.limits.handshake_timeout_ms));
        let result = tokio::select! {
            biased;
            result = self.shake_hands() => result,
            () = limit => Err(ChannelError::TimedOut),
        };
        match result {
            Ok(()) => Ok(()),
            Err(error) => self.over(error).await,
        }
    }

    async fn send(&self, message: Vec<u8>) -> Result<(), ChannelError> {
        if message.len() > self.limits.max_message_bytes {
            return Err(ChannelError::TooLong { bytes: message.len() });
        }
        self.write(|state| {
            let mut writer = state.tls.writer();
            writer.write_all(&(message.len() as u32).to_be_bytes()).map_err(reason)?;
            writer.write_all(&message).map_err(reason)
        })
        .await
    }

    async fn receive(&self) -> Result<Option<Vec<u8>>, ChannelError> {
        loop {
            let next = {
                let mut state = self.state.lock().unwrap();
                match &state.failed {
                    Some(error) => return Err(error.clone()),
                    None => state.next(self.limits.max_message_bytes),
                }
            };
            match next {
                Ok(Next::Message(message)) => return Ok(Some(message)),
                Ok(Next::End) => return Ok(None),
                Ok(Next::NotYet) => self.more().await,
                Err(error) => return self.over(error).await,
            }
        }
    }

    async fn close(&self) -> Result<(), ChannelError> {
        self.write(|state| {
            state.closed = true;
            state.tls.send_close_notify();
            Ok(())
        })
        .await?;
        self.wire.finish().await;
        Ok(())
    }
}

type Material = (Arc<RootCertStore>, Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

fn material(credentials: Credentials) -> Result<Material, ChannelError> {
    let mut roots = RootCertStore::empty();
    for authority in credentials.authorities {
        roots.add(authority.into()).map_err(reason)?;
    }
    let chain = credentials.chain.into_iter().map(CertificateDer::from).collect();
    Ok((Arc::new(roots), chain, PrivatePkcs8KeyDer::from(credentials.key).into()))
}
