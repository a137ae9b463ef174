//! The service writes a log of who got the lock and who gave it back, and says no to those who have to wait. Clients number
//! their messages and remember when they sent each; one timer drives all that they do. The storage has a log, too.

use std::collections::BTreeMap;
use std::convert::Infallible;

use ch04::fenced_lock::{Answer, Client, Config, LockService, Request, Storage, Token, Verdict, Write};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Lock { claim: Claim, number: u32 },
    Yes { claim: Claim, number: u32, token: u64 },
    No { claim: Claim },
    Unlock { claim: Claim },
    Store(u64, u64),
    Stored(u64),
    NotStored(u64),
}

/// One wish of one life of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claim {
    life: u32,
    wish: u32,
}

#[derive(Clone, Copy, Hash, Serialize, Deserialize)]
enum Record {
    Given(NodeId, Claim),
    Back,
}

#[derive(Clone, Hash)]
pub struct LockServer {
    given: u64,
    owner: Option<(NodeId, Claim)>,
    /// Elapsed time when the owner was heard of last.
    heard_ms: u64,
    /// The latest claim of each client that was given back.
    ended: BTreeMap<NodeId, Claim>,
}

impl LockServer {
    fn log(&mut self, record: Record, context: &mut Context<'_, Self>) {
        context.disk().append("locks", &record);
        context.disk().sync();
    }
}

impl Process for LockServer {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let records = context.disk().log::<Record>("locks");
        let whole: Vec<Record> = records.iter().map_while(|record| record.ok()).collect();
        if whole.len() < records.len() {
            context.disk().keep("locks", 0..whole.len());
        }
        let mut server = LockServer { given: 0, owner: None, heard_ms: 0, ended: BTreeMap::new() };
        for record in whole {
            match record {
                Record::Given(node, claim) => {
                    server.given += 1;
                    server.owner = Some((node, claim));
                }
                Record::Back => server.owner = None,
            }
        }
        server
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let now_ms = context.elapsed_ms();
        match message {
            Message::Lock { claim, .. } if self.ended.get(&from).is_some_and(|ended| claim <= *ended) => {
                context.send(from, Message::No { claim });
            }
            Message::Lock { claim, number } => {
                let over = now_ms >= self.heard_ms + context.config().lease_ms;
                if self.owner != Some((from, claim)) {
                    if self.owner.is_some() && !over {
                        return context.send(from, Message::No { claim });
                    }
                    self.given += 1;
                    self.owner = Some((from, claim));
                    self.log(Record::Given(from, claim), context);
                }
                self.heard_ms = now_ms;
                context.send(from, Message::Yes { claim, number, token: self.given });
            }
            Message::Unlock { claim } => {
                let ended = self.ended.entry(from).or_insert(claim);
                *ended = claim.max(*ended);
                if self.owner == Some((from, claim)) {
                    self.owner = None;
                    self.log(Record::Back, context);
                }
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl LockService for LockServer {}

#[derive(Clone, Hash)]
struct Wish {
    claim: Claim,
    number: u32,
    sent_ms: BTreeMap<u32, u64>,
    held: Option<(u64, u64)>,
    value: Option<u64>,
}

#[derive(Clone, Hash)]
pub struct LockClient {
    life: u32,
    wishes: u32,
    wish: Option<Wish>,
}

const TICK_MS: u64 = 40;

impl LockClient {
    fn tick(&mut self, context: &mut Context<'_, Self>) {
        let now_ms = context.elapsed_ms();
        let config = *context.config();
        self.expire(context);
        let Some(wish) = &mut self.wish else { return };
        if let (Some((token, _)), Some(value)) = (wish.held, wish.value) {
            context.send(config.storage, Message::Store(token, value));
        }
        let last_ms = wish.sent_ms.values().next_back().copied();
        let due_ms = if wish.held.is_some() { config.lease_ms / 6 } else { 80 };
        if last_ms.is_none_or(|last_ms| now_ms >= last_ms + due_ms) {
            wish.number += 1;
            wish.sent_ms.insert(wish.number, now_ms);
            wish.sent_ms.retain(|_, sent_ms| *sent_ms + config.lease_ms >= now_ms);
            context.send(config.service, Message::Lock { claim: wish.claim, number: wish.number });
        }
        let left_ms = wish.held.map_or(TICK_MS, |(_, until_ms)| until_ms - now_ms);
        context.set_timer((), left_ms.clamp(1, TICK_MS));
    }

    fn expire(&mut self, context: &mut Context<'_, Self>) {
        let over = |wish: &mut Wish| wish.held.is_some_and(|(_, until_ms)| context.elapsed_ms() >= until_ms);
        if let Some(wish) = self.wish.take_if(over) {
            wish.value.inspect(|value| context.output(Answer::Failed(*value)));
            context.output(Answer::Lost);
        }
    }
}

impl Process for LockClient {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let life = context.disk().read::<u32>("life").unwrap_or(0) + 1;
        context.disk().write("life", &life);
        context.disk().sync();
        // So that clients don't ask in step.
        let wishes = context.random().random_range(0..10);
        LockClient { life, wishes, wish: None }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        self.expire(context);
        let config = *context.config();
        match (message, &mut self.wish) {
            (Message::Yes { claim, number, token }, Some(wish)) if wish.claim == claim => {
                let Some(sent_ms) = wish.sent_ms.get(&number) else { return };
                let until_ms = sent_ms + config.lease_ms - config.lease_ms * 2 * config.drift_ppm / 1_000_000;
                if until_ms > context.elapsed_ms() {
                    if wish.held.is_none() {
                        context.output(Answer::Acquired(Token(token)));
                    }
                    let before_ms = wish.held.map_or(0, |(_, until_ms)| until_ms);
                    wish.held = Some((token, until_ms.max(before_ms)));
                    context.set_timer((), 1);
                }
            }
            (Message::Yes { claim, .. }, _) => context.send(from, Message::Unlock { claim }),
            (Message::Stored(value), Some(wish)) if wish.value == Some(value) => {
                wish.value = None;
                context.output(Answer::Written(value));
            }
            (Message::NotStored(value), Some(wish)) if wish.value == Some(value) => {
                wish.value = None;
                context.output(Answer::Failed(value));
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        self.tick(context);
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        self.expire(context);
        match request {
            Request::Acquire => {
                self.wishes += 1;
                let claim = Claim { life: self.life, wish: self.wishes };
                self.wish = Some(Wish { claim, number: 0, sent_ms: BTreeMap::new(), held: None, value: None });
                self.tick(context);
            }
            Request::Write(value) => match &mut self.wish {
                Some(wish) if wish.held.is_some() => {
                    wish.value = Some(value);
                    self.tick(context);
                }
                _ => context.output(Answer::Failed(value)),
            },
            Request::Release => {
                if let Some(wish) = self.wish.take() {
                    let service = context.config().service;
                    context.send(service, Message::Unlock { claim: wish.claim });
                }
            }
        }
    }
}

impl Client for LockClient {
    fn holds_until_ms(&self) -> Option<u64> {
        self.wish.as_ref()?.held.map(|(_, until_ms)| until_ms)
    }
}

/// Everything it took, and the newest of it.
#[derive(Clone, Hash)]
pub struct Vault {
    newest: Option<Write>,
}

impl Vault {
    fn put(&mut self, write: Write, context: &mut Context<'_, Self>) -> bool {
        let fits = match self.newest {
            None => true,
            Some(newest) if write.token == newest.token => write.holder == newest.holder,
            Some(newest) => write.token > newest.token,
        };
        if fits && self.newest != Some(write) {
            self.newest = Some(write);
            context.disk().append("writes", &write);
            context.disk().sync();
        }
        fits
    }
}

impl Process for Vault {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Write;
    type Output = Verdict;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let records = context.disk().log::<Write>("writes");
        let whole = records.iter().take_while(|record| record.is_ok()).count();
        context.disk().keep("writes", 0..whole);
        Vault { newest: records[..whole].last().and_then(|record| record.ok()) }
    }

    fn on_message(&mut self, holder: NodeId, message: Message, context: &mut Context<'_, Self>) {
        if let Message::Store(token, value) = message {
            let fits = self.put(Write { holder, token: Token(token), value }, context);
            context.send(holder, if fits { Message::Stored(value) } else { Message::NotStored(value) });
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, write: Write, context: &mut Context<'_, Self>) {
        let fits = self.put(write, context);
        context.output(if fits { Verdict::Taken(write.value) } else { Verdict::Refused(write.value) });
    }
}

impl Storage for Vault {
    fn value(&self) -> Option<u64> {
        self.newest.map(|newest| newest.value)
    }
}
