//! **A command takes effect exactly once.** Clients send commands to a server over a network that loses, repeats, delays
//! and reorders, and both sides crash. However often a command travels, its effect happens once, and its client is told
//! what it did.
//!
//! - [`contract`]: what you implement ([`CommandServer`], [`CommandClient`]) and what you are given ([`Ledger`]).
//! - `world`: a server and its clients, and what may happen to them.
//! - `desk`: the applications that ask, and what is known about the ledger.
//! - `seen`: what a play leaves behind.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.

pub mod contract;
mod desk;
mod promises;
mod schedules;
mod seen;
mod world;

use harness::exercise::Exercise;
use harness::processes::{self, Nodes};
use harness::serve::Service;
use sim::{Either, Local, Pair, Process};
use world::Bank;

pub use contract::{
    ACCOUNTS, Account, Answer, CommandClient, CommandServer, Config, Deposit, LATEST_MS, Ledger, Receipt, Request,
};

/// The exercise, with `S` as the server and `C` as the clients.
pub fn exercise<S, C>() -> Exercise
where
    S: CommandServer,
    C: CommandClient + Process<Message = S::Message>,
{
    with(|configs| Box::new(nodes::<S, C>(configs)))
}

/// The exercise, with every node in a process of its own.
pub fn remote() -> Exercise {
    with(processes::remote)
}

/// What such a process serves: the server or a client.
pub fn serve<S, C>() -> Box<dyn Service>
where
    S: CommandServer,
    C: CommandClient + Process<Message = S::Message>,
{
    processes::serve(nodes::<S, C>)
}

fn nodes<S, C>(configs: Vec<Either<Config, Config>>) -> Local<Bank, Pair<S, C>>
where
    S: CommandServer,
    C: CommandClient + Process<Message = S::Message>,
{
    Local::new(configs, |node| match node {
        Pair::First(server) => Some(Account::all().map(|account| server.balance(account))),
        Pair::Second(_) => None,
    })
}

fn with(nodes: Nodes<Bank>) -> Exercise {
    Exercise::in_world("ch03", "exactly_once", world::Branch { nodes }, promises::all())
}
