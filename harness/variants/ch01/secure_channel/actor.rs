//! One task owns the connection and does everything with it; the calls talk to that task.

use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ch01::secure_channel::{ChannelError, Credentials, Limits, SecureChannel, Wire};
use rustls::client::WebPkiServerVerifier;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection};
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

type Outcome<T> = Result<T, ChannelError>;

enum Command {
    Send(Vec<u8>, oneshot::Sender<Outcome<()>>),
    Close(oneshot::Sender<Outcome<()>>),
}

/// A handle to the task.
pub struct Channel {
    limits: Limits,
    unopened: Mutex<Option<Actor>>,
    commands: mpsc::UnboundedSender<Command>,
    messages: tokio::sync::Mutex<Messages>,
}

struct Messages {
    arriving: mpsc::UnboundedReceiver<Outcome<Option<Vec<u8>>>>,
    last: Option<Outcome<Option<Vec<u8>>>>,
}

struct Actor {
    wire: Arc<dyn Wire>,
    limits: Limits,
    tls: Connection,
    inbox: Vec<u8>,
    commands: mpsc::UnboundedReceiver<Command>,
    messages: mpsc::UnboundedSender<Outcome<Option<Vec<u8>>>>,
}

fn broken(error: impl std::fmt::Display) -> ChannelError {
    ChannelError::Tls { reason: format!("{error}") }
}

fn trusted(credentials: &Credentials) -> Outcome<Arc<RootCertStore>> {
    let mut roots = RootCertStore::empty();
    let (_, ignored) =
        roots.add_parsable_certificates(credentials.authorities.iter().map(|der| CertificateDer::from(der.as_slice())));
    if ignored > 0 { Err(broken("an authority's certificate can't be read")) } else { Ok(Arc::new(roots)) }
}

fn own(credentials: &Credentials) -> Outcome<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>)> {
    let chain = credentials.chain.iter().map(|der| CertificateDer::from(der.clone())).collect();
    let key = PrivateKeyDer::try_from(credentials.key.clone()).map_err(broken)?;
    Ok((chain, key))
}

impl Channel {
    fn new(wire: Arc<dyn Wire>, limits: Limits, mut tls: Connection) -> Self {
        tls.set_buffer_limit(None);
        let (commands, orders) = mpsc::unbounded_channel();
        let (messages, arriving) = mpsc::unbounded_channel();
        let actor = Actor { wire, limits, tls, inbox: Vec::new(), commands: orders, messages };
        Channel {
            limits,
            unopened: Mutex::new(Some(actor)),
            commands,
            messages: tokio::sync::Mutex::new(Messages { arriving, last: None }),
        }
    }

    async fn ask(&self, command: impl FnOnce(oneshot::Sender<Outcome<()>>) -> Command) -> Outcome<()> {
        let (answer, answered) = oneshot::channel();
        let gone = broken("the session is over");
        self.commands.send(command(answer)).map_err(|_| gone.clone())?;
        answered.await.unwrap_or(Err(gone))
    }
}

#[async_trait]
impl SecureChannel for Channel {
    fn connect(wire: Arc<dyn Wire>, credentials: Credentials, server_name: String, limits: Limits) -> Outcome<Self> {
        let (chain, key) = own(&credentials)?;
        let verifier = WebPkiServerVerifier::builder(trusted(&credentials)?).build().map_err(broken)?;
        let config = ClientConfig::builder_with_protocol_versions(&[&rustls::version::TLS13])
            .with_webpki_verifier(verifier)
            .with_client_auth_cert(chain, key)
            .map_err(broken)?;
        let name = ServerName::try_from(server_name).map_err(broken)?;
        let tls = ClientConnection::new(Arc::new(config), name).map_err(broken)?;
        Ok(Channel::new(wire, limits, Connection::Client(tls)))
    }

    fn accept(wire: Arc<dyn Wire>, credentials: Credentials, limits: Limits) -> Outcome<Self> {
        let (chain, key) = own(&credentials)?;
        let verifier = WebPkiClientVerifier::builder(trusted(&credentials)?).build().map_err(broken)?;
        let mut config = ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS13])
            .with_client_cert_verifier(verifier)
            .with_single_cert(chain, key)
            .map_err(broken)?;
        config.send_tls13_tickets = 0;
        let tls = ServerConnection::new(Arc::new(config)).map_err(broken)?;
        Ok(Channel::new(wire, limits, Connection::Server(tls)))
    }

    async fn open(&self) -> Outcome<()> {
        let actor = self.unopened.lock().unwrap().take();
        let mut actor = actor.ok_or(ChannelError::Closed)?;
        let limit = Duration::from_millis(self.limits.handshake_timeout_ms);
        let result = timeout(limit, actor.shake_hands()).await.unwrap_or(Err(ChannelError::TimedOut));
        match result {
            Ok(()) => {
                tokio::spawn(actor.run());
                Ok(())
            }
            Err(error) => {
                actor.give_up(error.clone()).await;
                Err(error)
            }
        }
    }

    async fn send(&self, message: Vec<u8>) -> Outcome<()> {
        if message.len() > self.limits.max_message_bytes {
            return Err(ChannelError::TooLong { bytes: message.len() });
        }
        self.ask(|answer| Command::Send(message, answer)).await
    }

    async fn receive(&self) -> Outcome<Option<Vec<u8>>> {
        let mut messages = self.messages.lock().await;
        if let Some(last) = &messages.last {
            return last.clone();
        }
        let next = messages.arriving.recv().await.unwrap_or_else(|| Err(broken("there is no session")));
        if !matches!(next, Ok(Some(_))) {
            messages.last = Some(next.clone());
        }
        next
    }

    async fn close(&self) -> Outcome<()> {
        self.ask(Command::Close).await
    }
}

impl Actor {
    async fn hand_over(&mut self) {
        let mut bytes = Vec::new();
        while self.tls.wants_write() {
            self.tls.write_tls(&mut bytes).expect("memory takes everything");
        }
        if !bytes.is_empty() {
            self.wire.send(bytes).await;
        }
    }

    async fn shake_hands(&mut self) -> Outcome<()> {
        self.hand_over().await;
        while self.tls.is_handshaking() {
            let arrived = self.wire.recv().await;
            if self.take_in(arrived)? {
                return Err(ChannelError::Truncated);
            }
            self.hand_over().await;
        }
        Ok(())
    }

    /// Passes whole messages on; whether the other end has said goodbye.
    fn take_in(&mut self, arrived: Option<Vec<u8>>) -> Outcome<bool> {
        let arrived = arrived.ok_or(ChannelError::Truncated)?;
        let mut rest = arrived.as_slice();
        let mut closed = false;
        while !rest.is_empty() && !closed {
            self.tls.read_tls(&mut rest).map_err(broken)?;
            let state = self.tls.process_new_packets().map_err(broken)?;
            closed = state.peer_has_closed();
            let mut opened = vec![0; state.plaintext_bytes_to_read()];
            self.tls.reader().read_exact(&mut opened).map_err(broken)?;
            self.inbox.append(&mut opened);
            self.pass_on()?;
        }
        if closed && !self.inbox.is_empty() {
            return Err(ChannelError::Truncated);
        }
        Ok(closed)
    }

    fn pass_on(&mut self) -> Outcome<()> {
        while self.inbox.len() >= 4 {
            let bytes = u32::from_be_bytes(self.inbox[..4].try_into().unwrap()) as usize;
            if bytes > self.limits.max_message_bytes {
                return Err(ChannelError::TooLong { bytes });
            }
            if self.inbox.len() < 4 + bytes {
                break;
            }
            let rest = self.inbox.split_off(4 + bytes);
            let message = std::mem::replace(&mut self.inbox, rest).split_off(4);
            let _ = self.messages.send(Ok(Some(message)));
        }
        Ok(())
    }

    async fn give_up(&mut self, error: ChannelError) {
        let _ = self.messages.send(Err(error));
        self.hand_over().await;
        self.wire.finish().await;
    }

    /// Until the channel is dropped, or the session fails.
    async fn run(mut self) {
        let wire = self.wire.clone();
        let (mut listening, mut closed) = (true, false);
        loop {
            tokio::select! {
                biased;
                command = self.commands.recv() => match command {
                    None => return,
                    Some(Command::Send(_, answer)) if closed => {
                        let _ = answer.send(Err(ChannelError::Closed));
                    }
                    Some(Command::Send(message, answer)) => {
                        let length = u32::try_from(message.len()).unwrap().to_be_bytes();
                        let result = self.tls.writer().write_all(&[&length[..], &message].concat()).map_err(broken);
                        self.hand_over().await;
                        let _ = answer.send(result);
                    }
                    Some(Command::Close(answer)) => {
                        closed = true;
                        self.tls.send_close_notify();
                        self.hand_over().await;
                        self.wire.finish().await;
                        let _ = answer.send(Ok(()));
                    }
                },
                arrived = wire.recv(), if listening => match self.take_in(arrived) {
                    Ok(false) => self.hand_over().await,
                    Ok(true) => {
                        listening = false;
                        let _ = self.messages.send(Ok(None));
                    }
                    Err(error) => return self.give_up(error).await,
                },
            }
        }
    }
}
