//! Plays one schedule of a process exercise: the script of an exercise drives a simulated world, and what it ends in beside
//! its own end is noticed here.
//!
//! A script owns its world's clients and looks at the nodes between two steps. Whatever stops it early breaks every
//! promise: a panic of a handler, or a run without end (messages that multiply, timers without delay, no end in sight).

#[cfg(test)]
mod tests;

use std::fmt;

use explore::{Breach, Evidence, Plan};
use sim::remote::Lodger;
use sim::seam::Host;
use sim::{Choice, Counts, Local, Process, Protocol, Remote, Stop, World};

use crate::remote::AGENCY;
use crate::serve::Service;
use crate::stage::Played;
use crate::{exercise, panics};

/// Makes the nodes of a run, one for each of the configurations.
pub type Nodes<X> = fn(Vec<<X as Protocol>::Config>) -> Box<dyn Host<X>>;

/// Nodes that are processes of their own. As a [`Nodes`], for a judge.
pub fn remote<X: Protocol>(configs: Vec<X::Config>) -> Box<dyn Host<X>> {
    Box::new(Remote::new(&configs, AGENCY))
}

/// What such a process serves: one of the nodes that `make` makes.
pub fn serve<X, P>(make: fn(Vec<X::Config>) -> Local<X, P>) -> Box<dyn Service>
where
    X: Protocol,
    P: Process<Config = X::Config, Input = X::Input, Output = X::Output>,
{
    Box::new(Lodger::new(make))
}

/// What an exercise whose nodes run in a simulated world consists of. It is a [`World`](exercise::World) by itself.
pub trait Cluster: Send + Sync + 'static {
    /// The types of the contract.
    type Protocol: Protocol;
    /// What is fixed for a schedule: how many nodes, which bounds. `Debug` must show all of it.
    type Setup: Clone + fmt::Debug + 'static;
    /// A fault or a step of the workload, with the words for it.
    type Entry: Clone + fmt::Display + 'static;
    /// What a play leaves behind for the promises to look at.
    type Seen: 'static;

    /// The nodes and clients of a run and the network between them.
    fn setup(&self, plan: &Plan<Self::Setup, Self::Entry>, choice: Choice) -> sim::Setup;

    /// The learner's processes for it, as many as there are nodes.
    fn host(&self, plan: &Plan<Self::Setup, Self::Entry>) -> Box<dyn Host<Self::Protocol>>;

    /// Lays the entries into the world, plays the clients, looks at the nodes.
    fn script(&self, plan: &Plan<Self::Setup, Self::Entry>, world: &mut World<Self::Protocol>) -> Self::Seen;
}

impl<C: Cluster> exercise::World for C {
    type Setup = C::Setup;
    type Entry = C::Entry;
    type Seen = C::Seen;

    fn play(&self, choice: Choice, plan: &Plan<C::Setup, C::Entry>) -> Played<C::Seen> {
        play(self, choice, plan, false)
    }

    fn play_quietly(&self, choice: Choice, plan: &Plan<C::Setup, C::Entry>) -> Played<C::Seen> {
        play(self, choice, plan, true)
    }
}

fn play<C: Cluster>(cluster: &C, choice: Choice, plan: &Plan<C::Setup, C::Entry>, quiet: bool) -> Played<C::Seen> {
    let setup = sim::Setup { quiet, ..cluster.setup(plan, choice) };
    let mut world = World::new(setup, cluster.host(plan));
    let (seen, panics) = panics::watch(|| cluster.script(plan, &mut world));
    let stopped = world.stopped().map(stopped);
    let evidence = evidence(world.counts());
    // The state of a process that has panicked is nobody's business, and may not even be there.
    let trace = if panics.is_empty() { world.take_trace() } else { world.take_unsealed_trace() };
    Played::ended(seen, panics.into_iter().next(), stopped, trace, evidence)
}

/// The names under which promises may need what happens in a world. Each completes "it never came to the point where …".
pub mod evidence {
    /// The network loses a message.
    pub const LOST: &str = "a message is lost";
    /// The network delivers a message twice.
    pub const DUPLICATED: &str = "a message arrives twice";
    /// The network lets a message overtake another.
    pub const OVERTAKEN: &str = "a message overtakes another";
    /// A cut swallows a message.
    pub const CUT_OFF: &str = "a cut in the network swallows a message";
    /// A message reaches a node that is down.
    pub const AT_THE_DEAD: &str = "a message reaches a node that is down";
    /// A node crashes.
    pub const CRASHED: &str = "a node crashes";
    /// A node comes back after a crash.
    pub const RESTARTED: &str = "a node comes back after a crash";
    /// A crash undoes a write.
    pub const WRITE_LOST: &str = "a crash undoes a write that was not synced";
    /// A crash tears a record.
    pub const TORN: &str = "a crash tears a record of a log";
    /// A node stands still while something waits for it.
    pub const HELD_UP: &str = "something has to wait for a node that stands still";
    /// A clock jumps or stops.
    pub const CLOCK: &str = "a clock jumps or stops";
    /// A message reaches a process.
    pub const DELIVERED: &str = "a message arrives";
    /// A disk is synced.
    pub const SYNCED: &str = "a disk is synced";
}

fn evidence(counts: Counts) -> Evidence {
    let mut evidence = Evidence::default();
    let named = [
        (evidence::LOST, counts.lost),
        (evidence::DUPLICATED, counts.duplicated),
        (evidence::OVERTAKEN, counts.overtaken),
        (evidence::CUT_OFF, counts.cut_off),
        (evidence::AT_THE_DEAD, counts.at_the_dead),
        (evidence::CRASHED, counts.crashes),
        (evidence::RESTARTED, counts.restarts),
        (evidence::WRITE_LOST, counts.writes_lost),
        (evidence::TORN, counts.torn),
        (evidence::HELD_UP, counts.held_up),
        (evidence::CLOCK, counts.clock_faults),
        (evidence::DELIVERED, counts.delivered),
        (evidence::SYNCED, counts.syncs),
    ];
    for (name, count) in named {
        evidence.count_many(name, count);
    }
    evidence
}

fn stopped(stop: Stop) -> Breach {
    match stop {
        Stop::Flood(node, messages) => Breach::new(
            format!("more than {messages} messages were under way at once, most of them from {node}"),
            "a number of messages that does not grow without end: nobody answers each message with several, or sends \
             again before there was time for an answer",
            format!("{messages} messages under way, and still more"),
        ),
        Stop::Rush(node, events) => Breach::new(
            format!("{events} things happened at one instant, the last of them at {node}, and there was no end to it"),
            "time goes on: a timer that is set again and again has a delay, and a node does not send itself messages for ever",
            format!("{events} events at one instant"),
        ),
        Stop::Endless(events) => Breach::new(
            format!("{events} things had happened and there was no end to it"),
            "a number of messages and timers that fits the task",
            format!("{events} events"),
        ),
    }
}
