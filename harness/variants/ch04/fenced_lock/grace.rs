//! The service forgets its holder in a crash and gives nothing away for a while after each boot. It has a queue, and waits
//! longer than a lease where the other design has the client stop sooner. A token is the count of its boots and a count
//! within the boot, so nothing is synced for a grant.

use std::collections::VecDeque;
use std::convert::Infallible;

use ch04::fenced_lock::{Answer, Client, Config, LockService, Request, Storage, Token, Verdict, Write};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// I want it, or have it, as of `sent_ms`.
    Want {
        session: u64,
        sent_ms: u64,
    },
    Have {
        session: u64,
        sent_ms: u64,
        token: Token,
    },
    Done {
        session: u64,
    },
    Put {
        token: Token,
        value: u64,
    },
    PutAnswer {
        value: u64,
        taken: bool,
    },
}

#[derive(Clone, Hash)]
struct Waiter {
    node: NodeId,
    session: u64,
    sent_ms: u64,
    heard_ms: u64,
}

#[derive(Clone, Hash)]
struct Holder {
    node: NodeId,
    session: u64,
    token: Token,
    over_ms: u64,
}

#[derive(Clone, Hash)]
pub struct LockServer {
    boots: u64,
    count: u64,
    holder: Option<Holder>,
    queue: VecDeque<Waiter>,
    /// The last sessions that are over, so that a late message opens none of them again.
    done: VecDeque<u64>,
    grace_ms: u64,
}

fn lease_of_the_service_ms(config: &Config) -> u64 {
    config.lease_ms * (1_000_000 + config.drift_ppm) / (1_000_000 - config.drift_ppm) + 2
}

impl LockServer {
    fn next(&mut self, context: &mut Context<'_, Self>) {
        let now_ms = context.elapsed_ms();
        if now_ms < self.grace_ms {
            return context.set_timer((), self.grace_ms - now_ms);
        }
        if let Some(holder) = &self.holder {
            if now_ms < holder.over_ms {
                return context.set_timer((), holder.over_ms - now_ms);
            }
            self.holder = None;
        }
        self.queue.retain(|waiter| now_ms <= waiter.heard_ms + 300);
        let Some(waiter) = self.queue.pop_front() else { return };
        self.count += 1;
        let token = Token(self.boots << 32 | self.count);
        let over_ms = now_ms + lease_of_the_service_ms(context.config());
        self.holder = Some(Holder { node: waiter.node, session: waiter.session, token, over_ms });
        context.send(waiter.node, Message::Have { session: waiter.session, sent_ms: waiter.sent_ms, token });
        context.set_timer((), over_ms - now_ms);
    }
}

impl Process for LockServer {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let boots = context.disk().read::<u64>("boots").unwrap_or(0) + 1;
        context.disk().write("boots", &boots);
        context.disk().sync();
        // At the very first boot nobody can have the lock.
        let grace_ms = if boots == 1 { 0 } else { lease_of_the_service_ms(context.config()) };
        LockServer { boots, count: 0, holder: None, queue: VecDeque::new(), done: VecDeque::new(), grace_ms }
    }

    fn on_message(&mut self, node: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let now_ms = context.elapsed_ms();
        match message {
            Message::Want { session, sent_ms } if !self.done.contains(&session) => {
                let lease_ms = lease_of_the_service_ms(context.config());
                let mine = |holder: &&mut Holder| holder.session == session && holder.over_ms > now_ms;
                if let Some(holder) = self.holder.as_mut().filter(mine) {
                    holder.over_ms = now_ms + lease_ms;
                    let token = holder.token;
                    return context.send(node, Message::Have { session, sent_ms, token });
                }
                match self.queue.iter_mut().find(|waiter| waiter.session == session) {
                    Some(waiter) => {
                        waiter.heard_ms = now_ms;
                        waiter.sent_ms = waiter.sent_ms.max(sent_ms);
                    }
                    None => self.queue.push_back(Waiter { node, session, sent_ms, heard_ms: now_ms }),
                }
                self.next(context);
            }
            Message::Done { session } => {
                self.done.push_back(session);
                if self.done.len() > 100 {
                    self.done.pop_front();
                }
                self.queue.retain(|waiter| waiter.session != session);
                if self.holder.as_ref().is_some_and(|holder| holder.session == session) {
                    self.holder = None;
                    self.next(context);
                }
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        self.next(context);
    }

    fn on_input(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl LockService for LockServer {}

#[derive(Clone, Hash)]
pub struct LockClient {
    session: Option<u64>,
    held: Option<(Token, u64)>,
    put: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Alarm {
    Want,
    Over,
    Put,
}

impl LockClient {
    fn want(&self, context: &mut Context<'_, Self>) {
        let Some(session) = self.session else { return };
        let (service, sent_ms) = (context.config().service, context.elapsed_ms());
        context.send(service, Message::Want { session, sent_ms });
        let after_ms = if self.held.is_some() { context.config().lease_ms / 5 } else { 90 };
        context.set_timer(Alarm::Want, after_ms);
    }

    fn put(&self, context: &mut Context<'_, Self>) {
        if let (Some((token, _)), Some(value)) = (self.held, self.put) {
            let storage = context.config().storage;
            context.send(storage, Message::Put { token, value });
            context.set_timer(Alarm::Put, 120);
        }
    }

    fn end(&mut self, context: &mut Context<'_, Self>) {
        if let Some(session) = self.session.take() {
            let service = context.config().service;
            context.send(service, Message::Done { session });
        }
        self.held = None;
        if let Some(value) = self.put.take() {
            context.output(Answer::Failed(value));
        }
    }

    fn look(&mut self, context: &mut Context<'_, Self>) {
        if self.held.is_some_and(|(_, until_ms)| context.elapsed_ms() >= until_ms) {
            self.end(context);
            context.output(Answer::Lost);
        }
    }
}

impl Process for LockClient {
    type Message = Message;
    type Timer = Alarm;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        LockClient { session: None, held: None, put: None }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        self.look(context);
        match message {
            Message::Have { session, sent_ms, token } if self.session == Some(session) => {
                let until_ms = sent_ms + context.config().lease_ms;
                if context.elapsed_ms() >= until_ms {
                    return;
                }
                let before_ms = self.held.map(|(_, until_ms)| until_ms);
                self.held = Some((token, until_ms.max(before_ms.unwrap_or(0))));
                let left_ms = until_ms.max(before_ms.unwrap_or(0)) - context.elapsed_ms();
                context.set_timer(Alarm::Over, left_ms);
                if before_ms.is_none() {
                    context.output(Answer::Acquired(token));
                }
            }
            Message::Have { session, .. } => context.send(from, Message::Done { session }),
            Message::PutAnswer { value, taken } if self.put == Some(value) => {
                self.put = None;
                context.output(if taken { Answer::Written(value) } else { Answer::Failed(value) });
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, alarm: Alarm, context: &mut Context<'_, Self>) {
        self.look(context);
        match alarm {
            Alarm::Want => self.want(context),
            Alarm::Put => self.put(context),
            Alarm::Over => {}
        }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        self.look(context);
        match request {
            Request::Acquire => {
                self.session = Some(context.random().random());
                self.want(context);
            }
            Request::Write(value) if self.held.is_none() => context.output(Answer::Failed(value)),
            Request::Write(value) => {
                self.put = Some(value);
                self.put(context);
            }
            Request::Release => self.end(context),
        }
    }
}

impl Client for LockClient {
    fn holds_until_ms(&self) -> Option<u64> {
        self.held.map(|(_, until_ms)| until_ms)
    }
}

/// The newest token with its holder, and the value, in two values of the disk that are written together.
#[derive(Clone, Hash)]
pub struct Vault {
    fence: Option<(Token, NodeId)>,
    value: Option<u64>,
}

impl Vault {
    fn take(&mut self, token: Token, holder: NodeId, value: u64, context: &mut Context<'_, Self>) -> bool {
        if let Some((newest, whose)) = self.fence
            && (token < newest || (token == newest && whose != holder))
        {
            return false;
        }
        if self.fence != Some((token, holder)) {
            self.fence = Some((token, holder));
            context.disk().write("fence", &self.fence);
        }
        self.value = Some(value);
        context.disk().write("value", &self.value);
        context.disk().sync();
        true
    }
}

impl Process for Vault {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Write;
    type Output = Verdict;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let fence = context.disk().read("fence").flatten();
        Vault { fence, value: context.disk().read("value").flatten() }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        if let Message::Put { token, value } = message {
            let taken = self.take(token, from, value, context);
            context.send(from, Message::PutAnswer { value, taken });
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, write: Write, context: &mut Context<'_, Self>) {
        let taken = self.take(write.token, write.holder, write.value, context);
        context.output(if taken { Verdict::Taken(write.value) } else { Verdict::Refused(write.value) });
    }
}

impl Storage for Vault {
    fn value(&self) -> Option<u64> {
        self.value
    }
}
