//! **A lock that stops its holder.** A lock service gives the lock away for a time. Its holder may stand still for longer
//! than that, its clock may be slow and its messages late. So the lock comes with a number, and whatever the lock protects
//! looks at the number.
//!
//! - [`contract`]: what you implement ([`LockService`], [`Client`], [`Storage`]).
//! - `world`: the three kinds of nodes, and what may happen to them.
//! - `desk`: the applications that want the lock, and what is known about who holds it.
//! - `seen`: what a play leaves behind.
//! - `fence`: what the storage has to answer.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.

pub mod contract;
mod desk;
mod fence;
mod promises;
mod schedules;
mod seen;
mod world;

use harness::exercise::Exercise;
use harness::processes::{self, Nodes};
use harness::serve::Service;
use sim::{Local, Pair, Process};

pub use contract::{Answer, Client, Config, LockService, Request, Storage, Token, Verdict, Write};

use world::{Locks, Three, View};

/// The exercise, with `L` as the lock service, `C` as the clients and `S` as the storage.
pub fn exercise<L, C, S>() -> Exercise
where
    L: LockService,
    C: Client + Process<Message = L::Message>,
    S: Storage + Process<Message = L::Message>,
{
    with(|configs| Box::new(nodes::<L, C, S>(configs)))
}

/// The exercise, with every node in a process of its own.
pub fn remote() -> Exercise {
    with(processes::remote)
}

/// What such a process serves: the lock service, a client or the storage.
pub fn serve<L, C, S>() -> Box<dyn Service>
where
    L: LockService,
    C: Client + Process<Message = L::Message>,
    S: Storage + Process<Message = L::Message>,
{
    processes::serve(nodes::<L, C, S>)
}

fn nodes<L, C, S>(configs: Vec<Three<Config, Config, Config>>) -> Local<Locks, Pair<L, Pair<C, S>>>
where
    L: LockService,
    C: Client + Process<Message = L::Message>,
    S: Storage + Process<Message = L::Message>,
{
    Local::new(configs, |node| match node {
        Pair::First(_) => View::Service,
        Pair::Second(Pair::First(client)) => View::Client { holds_until_ms: client.holds_until_ms() },
        Pair::Second(Pair::Second(storage)) => View::Storage { value: storage.value() },
    })
}

fn with(nodes: Nodes<Locks>) -> Exercise {
    Exercise::in_world("ch04", "fenced_lock", world::Site { nodes }, promises::all())
}
