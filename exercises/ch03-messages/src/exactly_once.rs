//! A command takes effect exactly once.
//!
//! Contract: `ch03::exactly_once`. Lesson: `cargo xtask lesson exactly_once`.

use std::convert::Infallible;

use ch03::exactly_once::{Account, Answer, CommandClient, CommandServer, Config, Request};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What clients and server send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // What has to be in a message so that the server knows it again, and the client knows what it answers?
}

/// Keeps the ledger.
#[derive(Clone, Hash)]
pub struct Server {
    // What does a server have to remember of each client, and until when?
}

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
        let _ = context;
        todo!("what does the disk say?")
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (from, message, context);
        todo!("is it new, or known, or so old that nobody waits for the answer?")
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
        let _ = account;
        todo!("ask the ledger")
    }
}

/// Has the server make deposits.
#[derive(Clone, Hash)]
pub struct Client {
    // What does a client have to remember of each request until it is answered, and of itself for ever?
}

/// What a client sets timers for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClientTimer {
    // A timer is known by its value: with a field, there is one for each value of it.
}

impl Process for Client {
    type Message = Message;
    type Timer = ClientTimer;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("is this the first life of this client?")
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (from, message, context);
        todo!("does this answer a request that is still open?")
    }

    fn on_timer(&mut self, timer: ClientTimer, context: &mut Context<'_, Self>) {
        let _ = (timer, context);
        todo!("no answer yet")
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let _ = (request, context);
        todo!("send it, and be ready to send it again")
    }
}

impl CommandClient for Client {}
