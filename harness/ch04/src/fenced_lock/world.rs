//! A lock service, its clients and a storage, and what may happen to them.

use std::convert::Infallible;
use std::fmt;

use explore::Plan;
use harness::processes::{Cluster, Nodes};
use serde::{Deserialize, Serialize};
use sim::seam::Host;
use sim::world::Place;
use sim::{Choice, Either, Fault, NodeId, Protocol, World};

use super::contract::*;
use super::desk::Desk;
use super::seen::Seen;

/// The types of the contract.
pub struct Locks;

/// One of each for the three kinds of nodes.
pub type Three<A, B, C> = Either<A, Either<B, C>>;

impl Protocol for Locks {
    type Config = Three<Config, Config, Config>;
    type Input = Three<Infallible, Request, Write>;
    type Output = Three<Infallible, Answer, Verdict>;
    type View = View;
    type Wire = ();
}

sim::plain!(Config, Request, Write, Answer, Verdict, View);

/// What can be observed of a node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum View {
    Service,
    Client { holds_until_ms: Option<u64> },
    Storage { value: Option<u64> },
}

/// The world of this exercise.
pub struct Site {
    /// The code under test.
    pub nodes: Nodes<Locks>,
}

/// What a schedule fixes.
#[derive(Clone, Debug)]
pub struct Setup {
    /// How many clients there are.
    pub clients: usize,
    pub lease_ms: u64,
    pub drift_ppm: u64,
    /// When everything that fails stops failing.
    pub heal_ms: u64,
    /// How long to look at least.
    pub until_ms: u64,
}

/// The lock service.
pub const SERVICE: usize = 0;

impl Setup {
    /// Comes after the clients.
    pub fn storage(&self) -> NodeId {
        NodeId::new(self.clients + 1)
    }

    pub fn config(&self) -> Config {
        Config {
            service: NodeId::new(SERVICE),
            storage: self.storage(),
            lease_ms: self.lease_ms,
            drift_ppm: self.drift_ppm,
        }
    }
}

/// A step of the workload or a fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A client wants the lock, writes a few times while it has it, and gives it back.
    Session { client: NodeId, at_ms: u64, hold_ms: u64, writes: u32 },
    /// Somebody else writes to the storage.
    Write { at_ms: u64, write: Write },
    /// Something goes wrong.
    Fault(Fault),
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Session { client, at_ms, hold_ms, writes } => {
                write!(out, "{client} wants the lock from {at_ms} ms on, keeps it for {hold_ms} ms")?;
                match writes {
                    0 => Ok(()),
                    1 => out.write_str(" and writes once"),
                    _ => write!(out, " and writes {writes} times"),
                }
            }
            Entry::Write { at_ms, write } => write!(out, "{write} comes to the storage at {at_ms} ms"),
            Entry::Fault(fault) => fault.fmt(out),
        }
    }
}

impl Cluster for Site {
    type Protocol = Locks;
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Entry>, choice: Choice) -> sim::Setup {
        let nodes = plan.setup.clients + 2;
        let kind = |node| match node {
            SERVICE => "service",
            node if node <= plan.setup.clients => "client",
            _ => "storage",
        };
        let place = |node| Place { name: format!("{} {}", NodeId::new(node), kind(node)), joins_ms: 0, puppet: false };
        sim::Setup { places: (0..nodes).map(place).collect(), ..sim::Setup::of(choice, nodes) }
    }

    fn host(&self, plan: &Plan<Setup, Entry>) -> Box<dyn Host<Locks>> {
        let config = plan.setup.config();
        let clients = (0..plan.setup.clients).map(|_| Either::Second(Either::First(config)));
        let storage = Either::Second(Either::Second(config));
        (self.nodes)(std::iter::once(Either::First(config)).chain(clients).chain([storage]).collect())
    }

    fn script(&self, plan: &Plan<Setup, Entry>, world: &mut World<Locks>) -> Seen {
        let mut desk = Desk::open(plan, world);
        let mut until_ms = plan.setup.until_ms;
        loop {
            while let Some(happening) = world.next(until_ms) {
                desk.happens(world, happening.node, happening.event, happening.what);
            }
            if world.stopped().is_some() || desk.is_through(world) {
                return desk.close(world);
            }
            until_ms = world.now_ms() + 100;
        }
    }
}
