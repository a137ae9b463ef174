//! A command takes effect exactly once.
//!
//! Contract: `ch03::exactly_once`. Lesson: `cargo xtask lesson exactly_once`.

// learner: begin
use std::collections::BTreeMap;
// learner: end
use std::convert::Infallible;

use ch03::exactly_once::{Account, Answer, CommandClient, CommandServer, Config, Request};
// learner: begin
use ch03::exactly_once::{Deposit, Ledger, Receipt};
// learner: end
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What clients and server send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // learner: begin
    // learner: | // What has to be in a message so that the server knows it again, and the client knows what it answers?
    /// To the server.
    Command {
        number: Number,
        /// All requests of this life below it are answered; the client asks for them no more.
        oldest_open: u64,
        deposit: Deposit,
    },
    /// To the client.
    Done { number: Number, receipt: Receipt },
    // learner: end
}

// learner: begin
/// Names a request of a client for all time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Number {
    /// How often the client has booted.
    life: u64,
    /// Counted from 1 in each life.
    serial: u64,
}

// learner: end
/// Keeps the ledger.
#[derive(Clone, Hash)]
pub struct Server {
    // learner: begin
    // learner: | // What does a server have to remember of each client, and until when?
    kept: Kept,
    // learner: end
}

// learner: begin
/// What a server keeps on its disk. The ledger and the memory of what it has done are one value: a crash can't come
/// between them.
#[derive(Clone, Default, Hash, Serialize, Deserialize)]
struct Kept {
    ledger: Ledger,
    sessions: BTreeMap<NodeId, Session>,
}

/// What is known of the latest life of a client.
#[derive(Clone, Default, Hash, Serialize, Deserialize)]
struct Session {
    life: u64,
    /// All requests below it are done, and nobody waits for their receipts.
    oldest_open: u64,
    receipts: BTreeMap<u64, Receipt>,
}

const DISK: &str = "server";

// learner: end
/// What a server sets timers for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ServerTimer {}

impl Process for Server {
    type Message = Message;
    type Timer = ServerTimer;
    type Config = Config;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("what does the disk say?")
        Server { kept: context.disk().read(DISK).unwrap_or_default() }
        // learner: end
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (from, message, context);
        // learner: | todo!("is it new, or known, or so old that nobody waits for the answer?")
        let Message::Command { number, oldest_open, deposit } = message else { return };
        let session = self.kept.sessions.entry(from).or_default();
        if number.life < session.life {
            return;
        }
        if number.life > session.life {
            *session = Session { life: number.life, ..Session::default() };
        }
        if oldest_open > session.oldest_open {
            session.oldest_open = oldest_open;
            session.receipts.retain(|serial, _| *serial >= oldest_open);
        }
        if number.serial < session.oldest_open {
            return;
        }
        let receipt = match session.receipts.get(&number.serial) {
            Some(receipt) => *receipt,
            None => {
                let receipt = self.kept.ledger.apply(deposit);
                session.receipts.insert(number.serial, receipt);
                context.disk().write(DISK, &self.kept);
                context.disk().sync();
                receipt
            }
        };
        context.send(from, Message::Done { number, receipt });
        // learner: end
    }

    fn on_timer(&mut self, timer: ServerTimer, _: &mut Context<'_, Self>) {
        match timer {}
    }

    fn on_input(&mut self, never: Infallible, _: &mut Context<'_, Self>) {
        match never {}
    }
}

impl CommandServer for Server {
    fn balance(&self, account: Account) -> u64 {
        // learner: begin
        // learner: | let _ = account;
        // learner: | todo!("ask the ledger")
        self.kept.ledger.balance(account)
        // learner: end
    }
}

/// Has the server make deposits.
#[derive(Clone, Hash)]
pub struct Client {
    // learner: begin
    // learner: | // What does a client have to remember of each request until it is answered, and of itself for ever?
    life: u64,
    /// The number of the request that was asked last.
    last: u64,
    open: BTreeMap<u64, Open>,
    // learner: end
}

// learner: begin
#[derive(Clone, Hash)]
struct Open {
    request: Request,
    /// How long to wait before it is sent again.
    wait_ms: u64,
}

/// Longer than a calm network takes for a message and its answer.
const FIRST_WAIT_MS: u64 = 50;

/// Short enough to be noticed when the server is back.
const LONGEST_WAIT_MS: u64 = 500;

// learner: end
/// What a client sets timers for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClientTimer {
    // learner: begin
    // learner: | // A timer is known by its value: with a field, there is one for each value of it.
    /// The request of this number may have got lost.
    Resend(u64),
    // learner: end
}

impl Process for Client {
    type Message = Message;
    type Timer = ClientTimer;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("is this the first life of this client?")
        let life = context.disk().read("life").unwrap_or(0) + 1;
        context.disk().write("life", &life);
        context.disk().sync();
        Client { life, last: 0, open: BTreeMap::new() }
        // learner: end
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (from, message, context);
        // learner: | todo!("does this answer a request that is still open?")
        let _ = from;
        let Message::Done { number, receipt } = message else { return };
        if number.life != self.life {
            return;
        }
        let Some(open) = self.open.remove(&number.serial) else { return };
        context.cancel_timer(&ClientTimer::Resend(number.serial));
        context.output(Answer { tag: open.request.tag, receipt });
        // learner: end
    }

    fn on_timer(&mut self, timer: ClientTimer, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (timer, context);
        // learner: | todo!("no answer yet")
        let ClientTimer::Resend(serial) = timer;
        self.send(serial, context);
        // learner: end
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (request, context);
        // learner: | todo!("send it, and be ready to send it again")
        self.last += 1;
        self.open.insert(self.last, Open { request, wait_ms: FIRST_WAIT_MS });
        self.send(self.last, context);
        // learner: end
    }
}

impl CommandClient for Client {}
// learner: begin

impl Client {
    /// Sends a request, for the first time or again, and sets the timer for the next time.
    fn send(&mut self, serial: u64, context: &mut Context<'_, Self>) {
        let oldest_open = self.open.keys().next().copied().unwrap_or(serial);
        let open = self.open.get_mut(&serial).expect("the timer of a request stops when it is answered");
        let number = Number { life: self.life, serial };
        let command = Message::Command { number, oldest_open, deposit: open.request.deposit };
        let server = context.config().server;
        context.send(server, command);
        context.set_timer(ClientTimer::Resend(serial), open.wait_ms);
        open.wait_ms = (2 * open.wait_ms).min(LONGEST_WAIT_MS);
    }
}
// learner: end
