//! Clients have no disk. Each life of a client has a name drawn at random, and the server opens a session for it in three
//! steps: the client calls, the server asks back with a number that it has never used, and only who is alive now can repeat
//! both. So an old call opens nothing. All requests that are open travel in one message, and so do the receipts; the server
//! keeps one record a session and overwrites it.

use std::collections::BTreeMap;
use std::convert::Infallible;

use ch03::exactly_once::{Account, Answer, CommandClient, CommandServer, Config, Deposit, Ledger, Receipt, Request};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// A life of a client has begun.
    Call { life: u64 },
    /// Is it you?
    Back { life: u64, session: u64 },
    /// It is. These are all requests that are open, and the first that was never asked is `next`.
    Open { life: u64, session: u64, next: u32, requests: Vec<(u32, Deposit)> },
    /// What the deposits of these requests did.
    Receipts { session: u64, receipts: Vec<(u32, Receipt)> },
}

#[derive(Clone, Default, Hash, Serialize, Deserialize)]
struct Session {
    /// What the client calls its session.
    number: u64,
    /// What the client is to repeat before its next session begins.
    offered: Option<(u64, u64)>,
    /// What is below was answered, and the client has heard it.
    oldest: u32,
    /// Of the requests that the client may still ask for.
    receipts: BTreeMap<u32, Receipt>,
}

#[derive(Clone, Default, Hash, Serialize, Deserialize)]
pub struct Server {
    ledger: Ledger,
    last: u64,
    sessions: BTreeMap<NodeId, Session>,
}

impl Process for Server {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        context.disk().read("bank").unwrap_or_default()
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let one = self.sessions.entry(from).or_default();
        match message {
            Message::Call { life } => {
                let session = match one.offered {
                    Some((offered, session)) if offered == life => session,
                    _ => {
                        self.last += 1;
                        one.offered = Some((life, self.last));
                        let session = self.last;
                        context.disk().write("bank", self);
                        context.disk().sync();
                        session
                    }
                };
                context.send(from, Message::Back { life, session });
            }
            Message::Open { life, session, next, requests } => {
                if one.offered == Some((life, session)) {
                    *one = Session { number: session, ..Session::default() };
                } else if session != one.number {
                    return;
                }
                let oldest = requests.iter().map(|(number, _)| *number).min().unwrap_or(next);
                one.oldest = one.oldest.max(oldest);
                let oldest = one.oldest;
                one.receipts.retain(|number, _| *number >= oldest);
                let mut receipts = Vec::new();
                for (number, deposit) in requests.into_iter().filter(|(number, _)| *number >= oldest) {
                    let ledger = &mut self.ledger;
                    receipts.push((number, *one.receipts.entry(number).or_insert_with(|| ledger.apply(deposit))));
                }
                context.disk().write("bank", self);
                context.disk().sync();
                context.send(from, Message::Receipts { session, receipts });
            }
            Message::Back { .. } | Message::Receipts { .. } => {}
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl CommandServer for Server {
    fn balance(&self, account: Account) -> u64 {
        self.ledger.balance(account)
    }
}

#[derive(Clone, Hash)]
pub struct Client {
    life: u64,
    session: Option<u64>,
    next: u32,
    open: BTreeMap<u32, Request>,
}

impl Client {
    fn send(&self, context: &mut Context<'_, Self>) {
        let requests = self.open.iter().map(|(number, request)| (*number, request.deposit)).collect();
        let message = match self.session {
            Some(session) => Message::Open { life: self.life, session, next: self.next, requests },
            None => Message::Call { life: self.life },
        };
        let server = context.config().server;
        context.send(server, message);
        let after_ms = context.random().random_range(60..=240);
        context.set_timer((), after_ms);
    }
}

impl Process for Client {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let life = context.random().random();
        Client { life, session: None, next: 0, open: BTreeMap::new() }
    }

    fn on_message(&mut self, _: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::Back { life, session } if life == self.life && self.session.is_none() => {
                self.session = Some(session);
                self.send(context);
            }
            Message::Receipts { session, receipts } if self.session == Some(session) => {
                for (number, receipt) in receipts {
                    if let Some(request) = self.open.remove(&number) {
                        context.output(Answer { tag: request.tag, receipt });
                    }
                }
                if self.open.is_empty() {
                    context.cancel_timer(&());
                }
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        self.send(context);
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        self.open.insert(self.next, request);
        self.next += 1;
        self.send(context);
    }
}

impl CommandClient for Client {}
