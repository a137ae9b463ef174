//! The service has a queue and offers the lock to whoever is first; the client that still wants it claims it, and only the
//! answer to that claim makes it the holder. A renewal is another claim. Tokens are reserved on the disk fifty at a time, and
//! after a boot the service begins a new fifty and, since it does not write down the holder, waits for a lease. The storage
//! gathers what comes within a few milliseconds and syncs once.

use std::collections::VecDeque;
use std::convert::Infallible;

use ch04::fenced_lock::{Answer, Client, Config, LockService, Request, Storage, Token, Verdict, Write};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// To the service, again and again: this wish of mine is open.
    Want {
        wish: u64,
    },
    /// To a client: you may claim it.
    Offer {
        wish: u64,
        token: Token,
    },
    /// To the service: I take it, or still need it.
    Claim {
        token: Token,
        at_ms: u64,
    },
    /// To a client: you have it for a lease from `at_ms` on.
    Lease {
        token: Token,
        at_ms: u64,
    },
    /// To the service: not for me, or not any more.
    Leave {
        wish: u64,
        token: Option<Token>,
    },
    Write {
        token: Token,
        value: u64,
    },
    Result {
        value: u64,
        taken: bool,
    },
}

/// Who the lock is promised to.
#[derive(Clone, Copy, PartialEq, Hash)]
struct Grant {
    client: NodeId,
    wish: u64,
    token: Token,
    until_ms: u64,
}

#[derive(Clone, Hash)]
pub struct LockServer {
    next: u64,
    reserved: u64,
    grant: Option<Grant>,
    closed_until_ms: u64,
    queue: VecDeque<(NodeId, u64)>,
    /// Wishes that were fulfilled or given up, the latest of each client.
    over: Vec<(NodeId, u64)>,
}

const RESERVE: u64 = 50;
const LOOK_MS: u64 = 40;

impl LockServer {
    /// Offers the lock if it is free and somebody waits.
    fn look(&mut self, context: &mut Context<'_, Self>) {
        let now_ms = context.elapsed_ms();
        if now_ms < self.closed_until_ms {
            return;
        }
        if self.grant.is_some_and(|grant| now_ms > grant.until_ms) {
            self.grant = None;
        }
        if self.grant.is_none()
            && let Some((client, wish)) = self.queue.pop_front()
        {
            if self.next == self.reserved {
                self.reserved += RESERVE;
                context.disk().write("reserved", &self.reserved);
                context.disk().sync();
            }
            let token = Token(self.next);
            self.next += 1;
            let until_ms = now_ms + context.config().lease_ms;
            self.grant = Some(Grant { client, wish, token, until_ms });
            context.send(client, Message::Offer { wish, token });
        }
    }
}

impl Process for LockServer {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let next = context.disk().read("reserved").unwrap_or(1);
        let closed_until_ms = if next == 1 { 0 } else { context.config().lease_ms + 1 };
        context.set_timer((), LOOK_MS);
        let (grant, queue, over) = (None, VecDeque::new(), Vec::new());
        LockServer { next, reserved: next, grant, closed_until_ms, queue, over }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let now_ms = context.elapsed_ms();
        match message {
            Message::Want { wish } if self.over.contains(&(from, wish)) => {}
            Message::Want { wish } => match self.grant {
                Some(Grant { client, wish: granted, token, .. }) if client == from && granted == wish => {
                    context.send(from, Message::Offer { wish, token });
                }
                _ if self.queue.contains(&(from, wish)) => {}
                _ => {
                    // A client wants it once at a time.
                    self.queue.retain(|(client, _)| *client != from);
                    self.queue.push_back((from, wish));
                }
            },
            Message::Claim { token, at_ms } => {
                if let Some(grant) = &mut self.grant
                    && grant.client == from
                    && grant.token == token
                    && now_ms <= grant.until_ms
                {
                    grant.until_ms = now_ms + context.config().lease_ms + 1;
                    context.send(from, Message::Lease { token, at_ms });
                }
            }
            Message::Leave { wish, token } => {
                self.over.retain(|(client, _)| *client != from);
                self.over.push((from, wish));
                self.queue.retain(|waiting| *waiting != (from, wish));
                if self.grant.is_some_and(|grant| grant.client == from && Some(grant.token) == token) {
                    self.grant = None;
                }
            }
            _ => {}
        }
        self.look(context);
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        self.look(context);
        context.set_timer((), LOOK_MS);
    }

    fn on_input(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl LockService for LockServer {}

#[derive(Clone, Hash)]
pub struct LockClient {
    wish: Option<u64>,
    token: Option<Token>,
    until_ms: Option<u64>,
    writes: Vec<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Speak,
    Over,
    Write(u64),
}

impl LockClient {
    fn speak(&self, context: &mut Context<'_, Self>) {
        let (service, at_ms) = (context.config().service, context.elapsed_ms());
        let Some(wish) = self.wish else { return };
        let lease_ms = context.config().lease_ms;
        if let Some(token) = self.token {
            context.send(service, Message::Claim { token, at_ms });
        }
        // A service that has crashed knows neither the claim nor the wish.
        if self.until_ms.is_none() {
            context.send(service, Message::Want { wish });
        }
        let after_ms = match self.until_ms {
            Some(_) => lease_ms / 6 + context.random().random_range(0..=lease_ms / 10),
            None => 120,
        };
        context.set_timer(Timer::Speak, after_ms);
    }

    /// Forgets the lock, and tells whoever waits for a write that it failed.
    fn leave(&mut self, context: &mut Context<'_, Self>) {
        (self.wish, self.token, self.until_ms) = (None, None, None);
        context.cancel_timer(&Timer::Speak);
        context.cancel_timer(&Timer::Over);
        for value in std::mem::take(&mut self.writes) {
            context.output(Answer::Failed(value));
        }
    }

    fn check(&mut self, context: &mut Context<'_, Self>) {
        if self.until_ms.is_some_and(|until_ms| until_ms <= context.elapsed_ms()) {
            context.output(Answer::Lost);
            self.leave(context);
        }
    }

    fn write(&self, value: u64, context: &mut Context<'_, Self>) {
        if let Some(token) = self.token
            && self.writes.contains(&value)
        {
            let storage = context.config().storage;
            context.send(storage, Message::Write { token, value });
            context.set_timer(Timer::Write(value), 170);
        }
    }
}

impl Process for LockClient {
    type Message = Message;
    type Timer = Timer;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        LockClient { wish: None, token: None, until_ms: None, writes: Vec::new() }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        self.check(context);
        match message {
            Message::Offer { wish, token } if self.wish == Some(wish) => {
                // After a lease that was never claimed in time there may be a second offer.
                if self.until_ms.is_none() && self.token.is_none_or(|before| before < token) {
                    self.token = Some(token);
                    self.speak(context);
                }
            }
            Message::Offer { wish, token } => context.send(from, Message::Leave { wish, token: Some(token) }),
            Message::Lease { token, at_ms } if self.token == Some(token) => {
                let Config { lease_ms, drift_ppm, .. } = *context.config();
                let until_ms = at_ms + lease_ms * (1_000_000 - drift_ppm) / (1_000_000 + drift_ppm);
                if until_ms <= context.elapsed_ms().max(self.until_ms.unwrap_or(0)) {
                    return;
                }
                let first = self.until_ms.replace(until_ms).is_none();
                context.set_timer(Timer::Over, until_ms - context.elapsed_ms());
                if first {
                    context.output(Answer::Acquired(token));
                }
            }
            Message::Result { value, taken } => {
                if let Some(place) = self.writes.iter().position(|open| *open == value) {
                    self.writes.remove(place);
                    context.cancel_timer(&Timer::Write(value));
                    context.output(if taken { Answer::Written(value) } else { Answer::Failed(value) });
                }
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        self.check(context);
        match timer {
            Timer::Speak => self.speak(context),
            Timer::Over => {}
            Timer::Write(value) => self.write(value, context),
        }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        self.check(context);
        match request {
            Request::Acquire => {
                self.wish = Some(context.random().random());
                self.speak(context);
            }
            Request::Write(value) if self.until_ms.is_some() => {
                self.writes.push(value);
                self.write(value, context);
            }
            Request::Write(value) => context.output(Answer::Failed(value)),
            Request::Release => {
                if let (Some(wish), Some(_)) = (self.wish, self.until_ms) {
                    let service = context.config().service;
                    context.send(service, Message::Leave { wish, token: self.token });
                    self.leave(context);
                }
            }
        }
    }
}

impl Client for LockClient {
    fn holds_until_ms(&self) -> Option<u64> {
        self.until_ms
    }
}

#[derive(Clone, Hash)]
pub struct Vault {
    kept: Option<Write>,
    /// Whom to tell what after the next sync: a client, or somebody else.
    answers: Vec<(Option<NodeId>, u64, bool)>,
}

impl Vault {
    fn take(&mut self, whom: Option<NodeId>, write: Write, context: &mut Context<'_, Self>) {
        let newest = self.kept.map(|kept| (kept.token, kept.holder));
        let taken =
            newest.is_none_or(|(token, holder)| token < write.token || (token, holder) == (write.token, write.holder));
        if taken {
            self.kept = Some(write);
        }
        if self.answers.is_empty() {
            context.set_timer((), 4);
        }
        self.answers.push((whom, write.value, taken));
    }
}

impl Process for Vault {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Write;
    type Output = Verdict;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        Vault { kept: context.disk().read("kept").flatten(), answers: Vec::new() }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        if let Message::Write { token, value } = message {
            self.take(Some(from), Write { holder: from, token, value }, context);
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        context.disk().write("kept", &self.kept);
        context.disk().sync();
        for (whom, value, taken) in std::mem::take(&mut self.answers) {
            match whom {
                Some(client) => context.send(client, Message::Result { value, taken }),
                None => context.output(if taken { Verdict::Taken(value) } else { Verdict::Refused(value) }),
            }
        }
    }

    fn on_input(&mut self, write: Write, context: &mut Context<'_, Self>) {
        self.take(None, write, context);
    }
}

impl Storage for Vault {
    fn value(&self) -> Option<u64> {
        self.kept.map(|kept| kept.value)
    }
}
