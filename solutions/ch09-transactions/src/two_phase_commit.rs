//! All of it or nothing.
//!
//! Contract: `ch09::two_phase_commit`. Lesson: `cargo xtask lesson two_phase_commit`.

use std::collections::BTreeMap;
// learner: begin
use std::collections::BTreeSet;
// learner: end
use std::convert::Infallible;

use ch09::two_phase_commit::{Answer, Branch, CommitCoordinator, CommitParticipant, Transfer};
// learner: begin
use ch09::two_phase_commit::{MESSAGE_LIFE_MS, Outcome};
// learner: end
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};
// learner: begin

/// How long votes are waited for.
const VOTES_MS: u64 = 300;

/// How long until a decision is sent again, or asked for.
const AGAIN_MS: u64 = 200;

/// Names a transfer among all that there ever are: which life of the coordinator, and which transfer of that life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Id(u64, u64);

/// What a branch is to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Work {
    account: u32,
    cents: i64,
}
// learner: end

/// What the coordinator and the branches send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // learner: begin
    // learner: | // Both phases have a question and an answer. Who speaks up when one of them is lost?
    Prepare {
        id: Id,
        work: Work,
    },
    Vote {
        id: Id,
        yes: bool,
    },
    Decided {
        id: Id,
        commit: bool,
    },
    Done {
        id: Id,
    },
    /// From a branch in doubt.
    WhatOf {
        id: Id,
    },
    // learner: end
}

/// What the coordinator waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Waiting {
    // learner: begin
    // learner: | // One timer runs for each value: Votes of which transfer?
    Votes(Id),
    Acknowledgements(Id),
    // learner: end
}

/// What a branch waits for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Alarm {
    // learner: begin
    // learner: | // What does a branch do when nobody tells it anything?
    InDoubt(Id),
    /// No message about this transfer is under way any more.
    Over(Id),
    // learner: end
}
// learner: begin

/// A transfer that is being voted on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Ballot {
    client: u16,
    reference: u32,
    branches: Vec<NodeId>,
    missing: BTreeSet<NodeId>,
}

/// A commit, as the coordinator's log has it. What is not in the log is aborted.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Commit {
    id: Id,
    branches: BTreeSet<NodeId>,
}

const LOG: &str = "log";
// learner: end

/// Decides.
#[derive(Clone, Hash)]
pub struct Coordinator {
    // learner: begin
    // learner: | // What may it forget in a crash, and what not?
    life: u64,
    transfers: u64,
    ballots: BTreeMap<Id, Ballot>,
    /// Who has not yet acknowledged a commit.
    commits: BTreeMap<Id, BTreeSet<NodeId>>,
    /// What the records of the log are about, in order; nothing that is needed if torn.
    log: Vec<Option<Id>>,
    // learner: end
}

impl CommitCoordinator for Coordinator {}

impl Process for Coordinator {
    type Message = Message;
    type Timer = Waiting;
    type Config = ();
    type Input = Transfer;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("find out from the disk what earlier lives have decided")
        let life = context.disk().read::<u64>("life").unwrap_or_default() + 1;
        context.disk().write("life", &life);
        context.disk().sync();
        let mut coordinator =
            Coordinator { life, transfers: 0, ballots: BTreeMap::new(), commits: BTreeMap::new(), log: Vec::new() };
        for record in context.disk().log::<Commit>(LOG) {
            coordinator.log.push(record.as_ref().ok().map(|commit| commit.id));
            if let Ok(Commit { id, branches }) = record {
                coordinator.commits.insert(id, branches);
                coordinator.announce(id, context);
            }
        }
        coordinator
        // learner: end
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (from, message, context);
        // learner: | todo!("count votes and acknowledgements")
        match message {
            Message::Vote { id, yes: true } => {
                let Some(ballot) = self.ballots.get_mut(&id) else { return };
                ballot.missing.remove(&from);
                if ballot.missing.is_empty() {
                    self.commit(id, context);
                }
            }
            Message::Vote { id, yes: false } => self.abort(id, context),
            Message::WhatOf { id } if self.ballots.contains_key(&id) => {}
            Message::WhatOf { id } => {
                let commit = self.commits.contains_key(&id);
                context.send(from, Message::Decided { id, commit });
            }
            Message::Done { id } => self.acknowledged(id, from, context),
            Message::Prepare { .. } | Message::Decided { .. } => {}
        }
        // learner: end
    }

    fn on_timer(&mut self, timer: Waiting, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (timer, context);
        // learner: | todo!("votes and acknowledgements may never come")
        match timer {
            Waiting::Votes(id) => self.abort(id, context),
            Waiting::Acknowledgements(id) => self.announce(id, context),
        }
        // learner: end
    }

    fn on_input(&mut self, transfer: Transfer, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (transfer, context);
        // learner: | todo!("phase one")
        self.transfers += 1;
        let id = Id(self.life, self.transfers);
        for posting in &transfer.postings {
            let work = Work { account: posting.account, cents: posting.cents };
            context.send(posting.branch, Message::Prepare { id, work });
        }
        context.set_timer(Waiting::Votes(id), VOTES_MS);
        let branches: Vec<_> = transfer.postings.iter().map(|posting| posting.branch).collect();
        let missing = branches.iter().copied().collect();
        let Transfer { client, reference, .. } = transfer;
        self.ballots.insert(id, Ballot { client, reference, branches, missing });
        // learner: end
    }
}
// learner: begin

impl Coordinator {
    /// Everybody has voted yes. From the sync on it is committed, whatever happens to whom.
    fn commit(&mut self, id: Id, context: &mut Context<'_, Self>) {
        let Some(ballot) = self.ballots.remove(&id) else { return };
        let branches: BTreeSet<_> = ballot.branches.into_iter().collect();
        context.cancel_timer(&Waiting::Votes(id));
        context.disk().append(LOG, &Commit { id, branches: branches.clone() });
        context.disk().sync();
        self.log.push(Some(id));
        self.commits.insert(id, branches);
        let (client, reference) = (ballot.client, ballot.reference);
        context.output(Answer { client, reference, outcome: Outcome::Committed });
        self.announce(id, context);
    }

    /// Presumed abort: nothing is written, and whoever asks later is told the same because nothing is found.
    fn abort(&mut self, id: Id, context: &mut Context<'_, Self>) {
        let Some(ballot) = self.ballots.remove(&id) else { return };
        context.cancel_timer(&Waiting::Votes(id));
        for branch in ballot.branches {
            context.send(branch, Message::Decided { id, commit: false });
        }
        let (client, reference) = (ballot.client, ballot.reference);
        context.output(Answer { client, reference, outcome: Outcome::Aborted });
    }

    /// Tells a commit to those who have not acknowledged it.
    fn announce(&mut self, id: Id, context: &mut Context<'_, Self>) {
        let Some(branches) = self.commits.get(&id) else { return };
        for branch in branches {
            context.send(*branch, Message::Decided { id, commit: true });
        }
        context.set_timer(Waiting::Acknowledgements(id), AGAIN_MS);
    }

    /// Once all have acknowledged nobody will ask again, and the commit may be forgotten.
    fn acknowledged(&mut self, id: Id, from: NodeId, context: &mut Context<'_, Self>) {
        let Some(branches) = self.commits.get_mut(&id) else { return };
        branches.remove(&from);
        if !branches.is_empty() {
            return;
        }
        self.commits.remove(&id);
        context.cancel_timer(&Waiting::Acknowledgements(id));
        let needed = |id: &Option<Id>| id.is_some_and(|id| self.commits.contains_key(&id));
        let first = self.log.iter().position(needed).unwrap_or(self.log.len());
        context.disk().keep(LOG, first..self.log.len());
        context.disk().sync();
        self.log.drain(..first);
    }
}

/// A record of a branch's log.
#[derive(Clone, Debug, Serialize, Deserialize)]
enum Record {
    /// Everything up to here.
    Checkpoint(State),
    /// A yes, and what to do if all say so.
    Prepared(Id, Work),
    /// How it was decided.
    Decided(Id, bool),
}

/// What the records of a branch come to.
#[derive(Clone, Debug, Default, Hash, Serialize, Deserialize)]
struct State {
    balances: BTreeMap<u32, i64>,
    prepared: BTreeMap<Id, Work>,
    /// Decided, but something old about it may still be under way.
    decided: BTreeSet<Id>,
}

impl State {
    fn replay(&mut self, record: Record) {
        match record {
            Record::Checkpoint(state) => *self = state,
            Record::Prepared(id, work) => {
                self.prepared.insert(id, work);
            }
            Record::Decided(id, commit) => {
                let Some(work) = self.prepared.remove(&id) else { return };
                if commit {
                    *self.balances.entry(work.account).or_default() += work.cents;
                }
                self.decided.insert(id);
            }
        }
    }
}
// learner: end

/// Votes, waits, and does what was decided.
#[derive(Clone, Hash)]
pub struct Participant {
    // learner: begin
    // learner: | // The accounts; and what it has voted yes on?
    coordinator: NodeId,
    frozen: Vec<u32>,
    state: State,
    records: usize,
    // learner: end
}

impl CommitParticipant for Participant {
    fn balances(&self) -> BTreeMap<u32, i64> {
        // learner: begin
        // learner: | todo!("the balance of every account")
        self.state.balances.clone()
        // learner: end
    }

    fn in_doubt(&self) -> usize {
        // learner: begin
        // learner: | todo!("how many transfers it has voted yes on without knowing the outcome")
        self.state.prepared.len()
        // learner: end
    }
}

impl Process for Participant {
    type Message = Message;
    type Timer = Alarm;
    type Config = Branch;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("read the log: what is done, and what is in doubt?")
        let Branch { coordinator, frozen } = context.config().clone();
        let log = context.disk().log(LOG);
        let records = log.len();
        let mut state = State::default();
        log.into_iter().flatten().for_each(|record| state.replay(record));
        for id in state.prepared.keys() {
            context.set_timer(Alarm::InDoubt(*id), 0);
        }
        for id in &state.decided {
            context.set_timer(Alarm::Over(*id), MESSAGE_LIFE_MS);
        }
        Participant { coordinator, frozen, state, records }
        // learner: end
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (from, message, context);
        // learner: | todo!("vote; do what was decided; both more than once, and out of order")
        match message {
            Message::Prepare { id, work } => {
                let yes = !self.frozen.contains(&work.account);
                if self.state.decided.contains(&id) {
                    return;
                }
                if yes && !self.state.prepared.contains_key(&id) {
                    self.write(Record::Prepared(id, work), context);
                    context.set_timer(Alarm::InDoubt(id), AGAIN_MS);
                }
                context.send(from, Message::Vote { id, yes });
            }
            Message::Decided { id, commit } => {
                if self.state.prepared.contains_key(&id) {
                    self.write(Record::Decided(id, commit), context);
                    context.cancel_timer(&Alarm::InDoubt(id));
                    context.set_timer(Alarm::Over(id), MESSAGE_LIFE_MS);
                }
                if commit {
                    context.send(from, Message::Done { id });
                }
            }
            Message::Vote { .. } | Message::Done { .. } | Message::WhatOf { .. } => {}
        }
        // learner: end
    }

    fn on_timer(&mut self, timer: Alarm, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (timer, context);
        // learner: | todo!("in doubt, ask")
        match timer {
            Alarm::InDoubt(id) => {
                context.send(self.coordinator, Message::WhatOf { id });
                context.set_timer(Alarm::InDoubt(id), AGAIN_MS);
            }
            Alarm::Over(id) => {
                self.state.decided.remove(&id);
                self.checkpoint(context);
            }
        }
        // learner: end
    }

    fn on_input(&mut self, input: Infallible, _: &mut Context<'_, Self>) {
        match input {}
    }
}
// learner: begin

impl Participant {
    /// First to the disk, then to memory; what is sent afterwards is true after a crash as well.
    fn write(&mut self, record: Record, context: &mut Context<'_, Self>) {
        context.disk().append(LOG, &record);
        context.disk().sync();
        self.records += 1;
        self.state.replay(record);
    }

    /// Puts one record in the place of all. A crash that loses the first of the two writes loses the second as well.
    fn checkpoint(&mut self, context: &mut Context<'_, Self>) {
        context.disk().append(LOG, &Record::Checkpoint(self.state.clone()));
        context.disk().keep(LOG, self.records..self.records + 1);
        context.disk().sync();
        self.records = 1;
    }
}
// learner: end
