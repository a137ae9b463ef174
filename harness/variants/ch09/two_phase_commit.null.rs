//! Takes every request, answers none.

use std::collections::BTreeMap;
use std::convert::Infallible;

use ch09::two_phase_commit::{Answer, Branch, CommitCoordinator, CommitParticipant, Transfer};
use harness::{Context, NodeId, Process};

#[derive(Clone, Hash)]
pub struct Coordinator;

impl CommitCoordinator for Coordinator {}

impl Process for Coordinator {
    type Message = ();
    type Timer = ();
    type Config = ();
    type Input = Transfer;
    type Output = Answer;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Coordinator
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, _: Transfer, _: &mut Context<'_, Self>) {}
}

#[derive(Clone, Hash)]
pub struct Participant;

impl CommitParticipant for Participant {
    fn balances(&self) -> BTreeMap<u32, i64> {
        BTreeMap::new()
    }

    fn in_doubt(&self) -> usize {
        0
    }
}

impl Process for Participant {
    type Message = ();
    type Timer = ();
    type Config = Branch;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(_: &mut Context<'_, Self>) -> Self {
        Participant
    }

    fn on_message(&mut self, _: NodeId, (): (), _: &mut Context<'_, Self>) {}

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, input: Infallible, _: &mut Context<'_, Self>) {
        match input {}
    }
}
