//! **All of it or nothing.** A transfer touches accounts at several branches of a bank. It happens at all of them or at
//! none, whoever crashes, however often, and at whatever moment.
//!
//! - [`contract`]: what you implement ([`CommitCoordinator`] and [`CommitParticipant`]) and what they are told.
//! - `world`: the bank, schedules, and what is seen when they are played.
//! - `script`: plays the clients and looks at the branches.
//! - `schedules`: which schedules put each promise to the test.
//! - `promises`: what is checked.

pub mod contract;
mod promises;
mod schedules;
mod script;
mod world;

use harness::exercise::Exercise;
use harness::processes::{self, Nodes};
use harness::serve::Service;
use harness::{Either, Process};
use sim::{Local, Pair};

pub use contract::{
    ANSWER_MS, Answer, Branch, CommitCoordinator, CommitParticipant, MESSAGE_LIFE_MS, Outcome, Posting, SETTLE_MS,
    SETTLED_BYTES, SETTLED_BYTES_AN_ACCOUNT, SETTLED_RECORDS, Transfer,
};
use world::{Bank, Banking, BranchView};

/// The exercise, with `C` as the coordinator and `P` as every branch.
pub fn exercise<C, P>() -> Exercise
where
    C: CommitCoordinator,
    P: CommitParticipant + Process<Message = C::Message>,
{
    with(|configs| Box::new(nodes::<C, P>(configs)))
}

/// The exercise, with every node in a process of its own.
pub fn remote() -> Exercise {
    with(processes::remote)
}

/// What such a process serves: the coordinator or a branch.
pub fn serve<C, P>() -> Box<dyn Service>
where
    C: CommitCoordinator,
    P: CommitParticipant + Process<Message = C::Message>,
{
    processes::serve(nodes::<C, P>)
}

fn nodes<C, P>(configs: Vec<Either<(), Branch>>) -> Local<Banking, Pair<C, P>>
where
    C: CommitCoordinator,
    P: CommitParticipant + Process<Message = C::Message>,
{
    Local::new(configs, |node| match node {
        Pair::First(_) => None,
        Pair::Second(branch) => Some(BranchView { balances: branch.balances(), in_doubt: branch.in_doubt() }),
    })
}

fn with(nodes: Nodes<Banking>) -> Exercise {
    Exercise::in_world("ch09", "two_phase_commit", Bank { nodes }, promises::all())
}
