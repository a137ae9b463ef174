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
use sim::seam::Host;
use sim::{Local, Pair, Process};

pub use contract::{Answer, Client, Config, LockService, Request, Storage, Token, Verdict, Write};

use world::View;

/// The exercise, with `L` as the lock service, `C` as the clients and `S` as the storage.
pub fn exercise<L, C, S>() -> Exercise
where
    L: LockService,
    C: Client + Process<Message = L::Message>,
    S: Storage + Process<Message = L::Message>,
{
    let host: world::MakeHost = |configs| {
        let view = |node: &Pair<L, Pair<C, S>>| match node {
            Pair::First(_) => View::Service,
            Pair::Second(Pair::First(client)) => View::Client { holds_until_ms: client.holds_until_ms() },
            Pair::Second(Pair::Second(storage)) => View::Storage { value: storage.value() },
        };
        Box::new(Local::<world::Locks, Pair<L, Pair<C, S>>>::new(configs, view)) as Box<dyn Host<world::Locks>>
    };
    Exercise::in_world("ch04", "fenced_lock", world::Site { host }, promises::all())
}
