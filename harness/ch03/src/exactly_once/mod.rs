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
use sim::seam::Host;
use sim::{Local, Pair, Process};

pub use contract::{
    ACCOUNTS, Account, Answer, CommandClient, CommandServer, Config, Deposit, LATEST_MS, Ledger, Receipt, Request,
};

/// The exercise, with `S` as the server and `C` as the clients.
pub fn exercise<S, C>() -> Exercise
where
    S: CommandServer,
    C: CommandClient + Process<Message = S::Message>,
{
    let host: world::MakeHost = |configs| {
        let view = |node: &Pair<S, C>| match node {
            Pair::First(server) => Some(Account::all().map(|account| server.balance(account))),
            Pair::Second(_) => None,
        };
        Box::new(Local::<world::Bank, Pair<S, C>>::new(configs, view)) as Box<dyn Host<world::Bank>>
    };
    Exercise::in_world("ch03", "exactly_once", world::Branch { host }, promises::all())
}
