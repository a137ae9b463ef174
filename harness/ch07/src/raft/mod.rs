//! **A log in common.** Several nodes keep the same log through crashes, splits and late messages: Raft, built in four steps.
//!
//! - [`contract`]: what you implement ([`Raft`]), the times you are given ([`Config`]), entries and answers.
//! - `entries`: faults, and steps that are aimed at whoever leads at the time.
//! - `cluster`: the world, its clients, and what becomes of the steps.
//! - `watch`: what must never be, looked for after every handler.
//! - `promises`: what is checked, a module for each step: `election`, `replication`, `persistence`, `awkward`.
//!
//! Nothing is asked of the nodes but four accessors. Messages are the learner's own, so no schedule can count on one: what
//! goes wrong is aimed at the leader and its followers, and what follows from it is seen in votes, terms and logs.

mod cluster;
pub mod contract;
mod entries;
mod promises;
mod seen;
mod watch;

use cluster::Consensus;
use harness::exercise::Exercise;
use harness::processes::{self, Nodes};
use harness::serve::Service;
use sim::Local;

pub use contract::{Command, Config, Entry, Index, Output, Raft, Role, Term};

/// The exercise, with `R` as the nodes.
pub fn exercise<R: Raft>() -> Exercise {
    with(|configs| Box::new(nodes::<R>(configs)))
}

/// The exercise, with every node in a process of its own.
pub fn remote() -> Exercise {
    with(processes::remote)
}

/// What such a process serves, with `R` as every node.
pub fn serve<R: Raft>() -> Box<dyn Service> {
    processes::serve(nodes::<R>)
}

fn nodes<R: Raft>(configs: Vec<Config>) -> Local<Consensus, R> {
    Local::new(configs, view)
}

fn with(nodes: Nodes<Consensus>) -> Exercise {
    Exercise::in_world("ch07", "raft", cluster::Servers { nodes }, promises::all())
}

fn view<R: Raft>(node: &R) -> seen::View {
    seen::View {
        role: node.role(),
        term: node.term(),
        vote: node.vote(),
        log: (1..).map_while(|index| node.entry(index)).collect(),
    }
}
