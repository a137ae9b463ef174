//! All of it or nothing.
//!
//! Contract: `ch09::two_phase_commit`. Lesson: `cargo xtask lesson two_phase_commit`.

use std::collections::BTreeMap;
use std::convert::Infallible;

use ch09::two_phase_commit::{Answer, Branch, CommitCoordinator, CommitParticipant, Transfer};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What the coordinator and the branches send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // Both phases have a question and an answer. Who speaks up when one of them is lost?
}

/// What the coordinator waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Waiting {
    // One timer runs for each value: Votes of which transfer?
}

/// What a branch waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Alarm {
    // What does a branch do when nobody tells it anything?
}

/// Decides.
#[derive(Clone, Hash)]
pub struct Coordinator {
    // What may it forget in a crash, and what not?
}

impl CommitCoordinator for Coordinator {}

impl Process for Coordinator {
    type Message = Message;
    type Timer = Waiting;
    type Config = ();
    type Input = Transfer;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("find out from the disk what earlier lives have decided")
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (from, message, context);
        todo!("count votes and acknowledgements")
    }

    fn on_timer(&mut self, timer: Waiting, context: &mut Context<'_, Self>) {
        let _ = (timer, context);
        todo!("votes and acknowledgements may never come")
    }

    fn on_input(&mut self, transfer: Transfer, context: &mut Context<'_, Self>) {
        let _ = (transfer, context);
        todo!("phase one")
    }
}

/// Votes, waits, and does what was decided.
#[derive(Clone, Hash)]
pub struct Participant {
    // The accounts; and what it has voted yes on?
}

impl CommitParticipant for Participant {
    fn balances(&self) -> BTreeMap<u32, i64> {
        todo!("the balance of every account")
    }

    fn in_doubt(&self) -> usize {
        todo!("how many transfers it has voted yes on without knowing the outcome")
    }
}

impl Process for Participant {
    type Message = Message;
    type Timer = Alarm;
    type Config = Branch;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let _ = context;
        todo!("read the log: what is done, and what is in doubt?")
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let _ = (from, message, context);
        todo!("vote; do what was decided; both more than once, and out of order")
    }

    fn on_timer(&mut self, timer: Alarm, context: &mut Context<'_, Self>) {
        let _ = (timer, context);
        todo!("in doubt, ask")
    }

    fn on_input(&mut self, input: Infallible, _: &mut Context<'_, Self>) {
        match input {}
    }
}
