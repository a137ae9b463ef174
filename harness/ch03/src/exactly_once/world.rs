//! A server and its clients, and what may happen to them.

use std::convert::Infallible;
use std::fmt;

use explore::Plan;
use harness::processes::{Cluster, Nodes};
use sim::seam::Host;
use sim::world::Place;
use sim::{Choice, Either, Fault, NodeId, Protocol, World};

use super::contract::*;
use super::desk::Desk;
use super::seen::Seen;

/// The types of the contract.
pub struct Bank;

impl Protocol for Bank {
    type Config = Either<Config, Config>;
    type Input = Either<Infallible, Request>;
    type Output = Either<Infallible, Answer>;
    type View = Option<[u64; ACCOUNTS]>;
    type Wire = ();
}

sim::plain!(Config, Request, Answer);

/// The world of this exercise.
pub struct Branch {
    /// The code under test.
    pub nodes: Nodes<Bank>,
}

/// What a schedule fixes.
#[derive(Clone, Debug)]
pub struct Setup {
    /// How many clients there are.
    pub clients: usize,
    /// How many requests a client has open at once.
    pub window: u32,
    /// When everything that fails stops failing.
    pub heal_ms: u64,
    /// How long to look at least.
    pub until_ms: u64,
}

/// The server.
pub const SERVER: usize = 0;

/// A step of the workload or a fault.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// Deposits, each for one more than the last or all for the same amount.
    Requests { client: NodeId, from_ms: u64, count: u32, account: Account, amount: u64, same: bool },
    /// A node crashes again and again, and is back 1 ms later.
    Restarts { node: NodeId, from_ms: u64, count: u32, every_ms: u64 },
    /// Something goes wrong.
    Fault(Fault),
}

impl fmt::Display for Entry {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Entry::Requests { client, from_ms, count: 1, account, amount, .. } => {
                write!(out, "{client} is asked to deposit {amount} in {account} at {from_ms} ms")
            }
            Entry::Requests { client, from_ms, count, account, amount, same } => {
                write!(out, "{client} is asked for {count} deposits in {account} from {from_ms} ms on, ")?;
                if *same { write!(out, "each of {amount}") } else { write!(out, "of {amount}, {}, …", amount + 1) }
            }
            Entry::Restarts { node, from_ms, count, every_ms } => {
                write!(out, "{node} crashes and boots again {count} times, every {every_ms} ms from {from_ms} ms on")
            }
            Entry::Fault(fault) => fault.fmt(out),
        }
    }
}

impl Cluster for Branch {
    type Protocol = Bank;
    type Setup = Setup;
    type Entry = Entry;
    type Seen = Seen;

    fn setup(&self, plan: &Plan<Setup, Entry>, choice: Choice) -> sim::Setup {
        let nodes = plan.setup.clients + 1;
        let name = |node| format!("{} {}", NodeId::new(node), if node == SERVER { "server" } else { "client" });
        let place = |node| Place { name: name(node), joins_ms: 0, puppet: false };
        sim::Setup { places: (0..nodes).map(place).collect(), ..sim::Setup::of(choice, nodes) }
    }

    fn host(&self, plan: &Plan<Setup, Entry>) -> Box<dyn Host<Bank>> {
        let config = Config { server: NodeId::new(SERVER), window: plan.setup.window };
        let clients = (0..plan.setup.clients).map(|_| Either::Second(config));
        (self.nodes)(std::iter::once(Either::First(config)).chain(clients).collect())
    }

    fn script(&self, plan: &Plan<Setup, Entry>, world: &mut World<Bank>) -> Seen {
        let mut desk = Desk::open(plan, world);
        let mut until_ms = plan.setup.until_ms;
        loop {
            while let Some(happening) = world.next(until_ms) {
                desk.happens(world, happening.node, happening.what);
            }
            if world.stopped().is_some() || desk.is_through(world) {
                return desk.close(world);
            }
            until_ms = world.now_ms() + 100;
        }
    }
}
