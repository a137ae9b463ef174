//! A lock that stops its holder.
//!
//! Contract: `ch04::fenced_lock`. Lesson: `cargo xtask lesson fenced_lock`.

use std::convert::Infallible;

use ch04::fenced_lock::{Answer, Client, Config, LockService, Request, Storage, Verdict, Write};
// learner: begin
use ch04::fenced_lock::Token;
// learner: end
use harness::{Context, NodeId, Process};
// learner: begin
use rand::RngExt;
// learner: end
use serde::{Deserialize, Serialize};

/// What the nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // learner: begin
    // learner: | // Between a client and the service: about the lock. Between a client and the storage: what is to be written.
    /// To the service: give me the lock. `attempt` is drawn at random for each time that a client wants it; `sent_ms` is when
    /// this message was sent, on the client's clock.
    Acquire { attempt: u32, sent_ms: u64 },
    /// To a client: it is yours, for a lease from when I heard of you. The rest is as it was asked.
    Granted { attempt: u32, sent_ms: u64, token: Token },
    /// To the service: I need it for longer.
    Renew { token: Token, sent_ms: u64 },
    /// To a client: you have it for another lease.
    Renewed { token: Token, sent_ms: u64 },
    /// To the service: I don't need it any more.
    Release { token: Token },
    /// To the storage.
    Write { token: Token, value: u64 },
    /// To a client: whether its value was taken.
    Wrote { value: u64, taken: bool },
    // learner: end
}

/// Gives the lock away.
#[derive(Clone, Hash)]
pub struct LockServer {
    // learner: begin
    // learner: | // Who has the lock, and until when? What of it has to be on the disk?
    ledger: Ledger,
    /// When the lease is over, on the clock of this boot.
    over_ms: u64,
    // learner: end
}

// learner: begin
/// What the service must not forget.
#[derive(Clone, Copy, Default, Hash, Serialize, Deserialize)]
struct Ledger {
    /// The last token that was given away.
    last: u64,
    /// Who has it, and in which attempt it was acquired; nobody after a release.
    holder: Option<(NodeId, u32)>,
}

impl LockServer {
    /// The clock that spans of time are measured by. The one on the wall jumps.
    fn now_ms(context: &Context<'_, Self>) -> u64 {
        context.elapsed_ms()
    }

    /// Remembers who has the lock before anybody hears of it.
    fn record(&self, context: &mut Context<'_, Self>) {
        context.disk().write("lock", &self.ledger);
        context.disk().sync();
    }

    fn acquire(&mut self, from: NodeId, attempt: u32, context: &mut Context<'_, Self>) -> Option<Token> {
        let now_ms = Self::now_ms(context);
        let again = self.ledger.holder == Some((from, attempt));
        if self.ledger.holder.is_some() && now_ms < self.over_ms && !again {
            return None;
        }
        if !again || now_ms >= self.over_ms {
            self.ledger = Ledger { last: self.ledger.last + 1, holder: Some((from, attempt)) };
            self.record(context);
        }
        self.over_ms = now_ms + context.config().lease_ms;
        Some(Token(self.ledger.last))
    }

    fn is_held_by(&self, from: NodeId, token: Token) -> bool {
        self.ledger.holder.is_some_and(|(holder, _)| holder == from) && token == Token(self.ledger.last)
    }
}

// learner: end
impl Process for LockServer {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("somebody may have the lock already")
        let ledger = context.disk().read("lock").unwrap_or_default();
        // How much of the holder's lease is left is not known. A whole one is enough.
        LockServer { ledger, over_ms: Self::now_ms(context) + context.config().lease_ms }
        // learner: end
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (from, message, context);
        // learner: | todo!("give the lock away, or a longer lease, or take it back; but to and from whom?")
        match message {
            Message::Acquire { attempt, sent_ms } => {
                if let Some(token) = self.acquire(from, attempt, context) {
                    context.send(from, Message::Granted { attempt, sent_ms, token });
                }
            }
            Message::Renew { token, sent_ms } if self.is_held_by(from, token) => {
                self.over_ms = Self::now_ms(context) + context.config().lease_ms;
                context.send(from, Message::Renewed { token, sent_ms });
            }
            Message::Release { token } if self.is_held_by(from, token) => {
                self.ledger.holder = None;
                self.record(context);
            }
            _ => {}
        }
        // learner: end
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl LockService for LockServer {}

/// Wants the lock, now and then.
#[derive(Clone, Hash)]
pub struct LockClient {
    // learner: begin
    // learner: | // What does a client know of the lock, and what has it promised to write?
    lock: Lock,
    /// A write that was asked for and is not answered.
    open: Option<u64>,
    // learner: end
}

// learner: begin
/// What a client knows of the lock.
#[derive(Clone, Copy, Hash)]
enum Lock {
    NotWanted,
    Wanted {
        attempt: u32,
    },
    /// Until then, on this client's clock.
    Held {
        attempt: u32,
        token: Token,
        until_ms: u64,
    },
}

/// How long to wait for an answer before asking again.
const RETRY_MS: u64 = 100;

// learner: end
/// What a client sets timers for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClientTimer {
    // learner: begin
    // learner: | // A timer is known by its value: setting the same one again moves it.
    AskAgain,
    Renew,
    LeaseOver,
    WriteAgain,
    // learner: end
}

// learner: begin
/// For how long a client that sent a message may count on the lease that the message brings, on its own clock.
///
/// The service's lease begins later, when the message arrives. But its clock may be fast and the client's slow, so what is a
/// whole lease to the service may be shorter for the client.
fn safe_ms(config: &Config) -> u64 {
    config.lease_ms * (1_000_000 - config.drift_ppm) / (1_000_000 + config.drift_ppm)
}

impl LockClient {
    fn acquire(&mut self, attempt: u32, context: &mut Context<'_, Self>) {
        let (service, sent_ms) = (context.config().service, context.elapsed_ms());
        context.send(service, Message::Acquire { attempt, sent_ms });
        context.set_timer(ClientTimer::AskAgain, RETRY_MS);
    }

    /// A lease was given for a message that was sent then.
    fn holds(&mut self, attempt: u32, token: Token, sent_ms: u64, context: &mut Context<'_, Self>) {
        let config = *context.config();
        let now_ms = context.elapsed_ms();
        let before_ms = self.holds_until_ms().unwrap_or(0);
        let until_ms = before_ms.max(sent_ms + safe_ms(&config));
        if until_ms <= now_ms {
            return;
        }
        if matches!(self.lock, Lock::Wanted { .. }) {
            context.cancel_timer(&ClientTimer::AskAgain);
            context.set_timer(ClientTimer::Renew, config.lease_ms / 4);
            context.output(Answer::Acquired(token));
        }
        self.lock = Lock::Held { attempt, token, until_ms };
        context.set_timer(ClientTimer::LeaseOver, until_ms - now_ms);
    }

    fn token(&self) -> Option<Token> {
        match self.lock {
            Lock::Held { token, .. } => Some(token),
            _ => None,
        }
    }

    /// Loses the lock if its lease is over. Comes first in every handler: after a pause, the timer may be the last to know.
    fn check_lease(&mut self, context: &mut Context<'_, Self>) {
        if self.holds_until_ms().is_some_and(|until_ms| context.elapsed_ms() >= until_ms) {
            self.let_go(context);
            context.output(Answer::Lost);
        }
    }

    fn let_go(&mut self, context: &mut Context<'_, Self>) {
        self.lock = Lock::NotWanted;
        for timer in [ClientTimer::Renew, ClientTimer::LeaseOver, ClientTimer::WriteAgain] {
            context.cancel_timer(&timer);
        }
        if let Some(value) = self.open.take() {
            context.output(Answer::Failed(value));
        }
    }

    fn write(&mut self, context: &mut Context<'_, Self>) {
        if let (Some(token), Some(value)) = (self.token(), self.open) {
            let storage = context.config().storage;
            context.send(storage, Message::Write { token, value });
            context.set_timer(ClientTimer::WriteAgain, RETRY_MS);
        }
    }

    fn outcome(&mut self, value: u64, taken: bool, context: &mut Context<'_, Self>) {
        if self.open.take_if(|open| *open == value).is_some() {
            context.cancel_timer(&ClientTimer::WriteAgain);
            context.output(if taken { Answer::Written(value) } else { Answer::Failed(value) });
        }
    }
}

// learner: end
impl Process for LockClient {
    type Message = Message;
    type Timer = ClientTimer;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("whoever wanted the lock before a crash wants it no more")
        let _ = context;
        LockClient { lock: Lock::NotWanted, open: None }
        // learner: end
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (from, message, context);
        // learner: | todo!("from when on does the lease count? and is this an answer to what was asked last?")
        self.check_lease(context);
        match (message, self.lock) {
            (Message::Granted { attempt, sent_ms, token }, Lock::Wanted { attempt: wanted }) if attempt == wanted => {
                self.holds(attempt, token, sent_ms, context);
            }
            (Message::Granted { attempt, .. }, Lock::Held { attempt: held, .. }) if attempt == held => {}
            // The lock has been given to somebody who does not want it any more.
            (Message::Granted { token, .. }, _) => context.send(from, Message::Release { token }),
            (Message::Renewed { token, sent_ms }, Lock::Held { attempt, token: held, .. }) if token == held => {
                self.holds(attempt, token, sent_ms, context);
            }
            (Message::Wrote { value, taken }, _) => self.outcome(value, taken, context),
            _ => {}
        }
        // learner: end
    }

    fn on_timer(&mut self, timer: ClientTimer, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (timer, context);
        // learner: | todo!("ask again; ask for longer; or is it over?")
        self.check_lease(context);
        match (timer, self.lock) {
            (ClientTimer::AskAgain, Lock::Wanted { attempt }) => self.acquire(attempt, context),
            (ClientTimer::Renew, Lock::Held { token, .. }) => {
                let (service, sent_ms) = (context.config().service, context.elapsed_ms());
                context.send(service, Message::Renew { token, sent_ms });
                let lease_ms = context.config().lease_ms;
                context.set_timer(ClientTimer::Renew, lease_ms / 4);
            }
            (ClientTimer::WriteAgain, _) => self.write(context),
            _ => {}
        }
        // learner: end
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match request {
        // learner: |     Request::Acquire => todo!("ask the service, and ask again until it answers"),
        // learner: |     Request::Write(_value) => todo!("is the lock still held, by this node's clock?"),
        // learner: |     Request::Release => todo!("tell the service which acquisition is over"),
        // learner: | }
        self.check_lease(context);
        match request {
            Request::Acquire => {
                let attempt = context.random().random();
                self.lock = Lock::Wanted { attempt };
                self.acquire(attempt, context);
            }
            Request::Write(value) if self.token().is_some() => {
                self.open = Some(value);
                self.write(context);
            }
            Request::Write(value) => context.output(Answer::Failed(value)),
            Request::Release => {
                if let Some(token) = self.token() {
                    let service = context.config().service;
                    context.send(service, Message::Release { token });
                    self.let_go(context);
                }
            }
        }
        // learner: end
    }
}

impl Client for LockClient {
    fn holds_until_ms(&self) -> Option<u64> {
        // learner: begin
        // learner: | todo!("until when, on the clock of this boot")
        match self.lock {
            Lock::Held { until_ms, .. } => Some(until_ms),
            _ => None,
        }
        // learner: end
    }
}

/// Keeps one value behind the fence.
#[derive(Clone, Hash)]
pub struct Vault {
    // learner: begin
    // learner: | // What does the storage have to remember to know a holder of before?
    kept: Option<Write>,
    // learner: end
}

// learner: begin
impl Vault {
    fn take(&mut self, write: Write, context: &mut Context<'_, Self>) -> bool {
        let behind =
            |kept: &Write| write.token < kept.token || (write.token == kept.token && write.holder != kept.holder);
        if self.kept.as_ref().is_some_and(behind) {
            return false;
        }
        self.kept = Some(write);
        context.disk().write("kept", &self.kept);
        context.disk().sync();
        true
    }
}

// learner: end
impl Process for Vault {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Write;
    type Output = Verdict;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("what was taken before the crash?")
        Vault { kept: context.disk().read("kept").flatten() }
        // learner: end
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (from, message, context);
        // learner: | todo!("take the write or refuse it, and tell the client")
        if let Message::Write { token, value } = message {
            let taken = self.take(Write { holder: from, token, value }, context);
            context.send(from, Message::Wrote { value, taken });
        }
        // learner: end
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, write: Write, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (write, context);
        // learner: | todo!("the same, and answer")
        let taken = self.take(write, context);
        context.output(if taken { Verdict::Taken(write.value) } else { Verdict::Refused(write.value) });
        // learner: end
    }
}

impl Storage for Vault {
    fn value(&self) -> Option<u64> {
        // learner: begin
        // learner: | todo!("what was taken last")
        self.kept.map(|kept| kept.value)
        // learner: end
    }
}
