//! A lock that stops its holder.
//!
//! Contract: `ch04::fenced_lock`. Lesson: `cargo xtask lesson fenced_lock`.

use std::convert::Infallible;

use ch04::fenced_lock::{Answer, Client, Config, LockService, Request, Storage, Verdict, Write};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What the nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // Between a client and the service: about the lock. Between a client and the storage: what is to be written.
}

/// Gives the lock away.
#[derive(Clone, Hash)]
pub struct LockServer {
    // Who has the lock, and until when? What of it has to be on the disk?
}

impl Process for LockServer {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("somebody may have the lock already")
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (from, message, context);
        todo!("give the lock away, or a longer lease, or take it back; but to and from whom?")
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
    // What does a client know of the lock, and what has it promised to write?
}

/// What a client sets timers for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ClientTimer {
    // A timer is known by its value: setting the same one again moves it.
}

impl Process for LockClient {
    type Message = Message;
    type Timer = ClientTimer;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("whoever wanted the lock before a crash wants it no more")
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (from, message, context);
        todo!("from when on does the lease count? and is this an answer to what was asked last?")
    }

    fn on_timer(&mut self, timer: ClientTimer, context: &mut Context<'_, Self>) {
        let _ = (timer, context);
        todo!("ask again; ask for longer; or is it over?")
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let _ = context;
        match request {
            Request::Acquire => todo!("ask the service, and ask again until it answers"),
            Request::Write(_value) => todo!("is the lock still held, by this node's clock?"),
            Request::Release => todo!("tell the service which acquisition is over"),
        }
    }
}

impl Client for LockClient {
    fn holds_until_ms(&self) -> Option<u64> {
        todo!("until when, on the clock of this boot")
    }
}

/// Keeps one value behind the fence.
#[derive(Clone, Hash)]
pub struct Vault {
    // What does the storage have to remember to know a holder of before?
}

impl Process for Vault {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Write;
    type Output = Verdict;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("what was taken before the crash?")
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (from, message, context);
        todo!("take the write or refuse it, and tell the client")
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, write: Write, context: &mut Context<'_, Self>) {
        let _ = (write, context);
        todo!("the same, and answer")
    }
}

impl Storage for Vault {
    fn value(&self) -> Option<u64> {
        todo!("what was taken last")
    }
}
