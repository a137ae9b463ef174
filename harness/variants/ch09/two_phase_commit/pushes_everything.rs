//! Presumed nothing: the coordinator writes down the begin of a transfer as well as its end, keeps pushing commits and aborts
//! until they are acknowledged, and nobody ever asks it. All state of a node is one value on its disk. What a branch may forget
//! follows from the lowest number that is still open, which every Prepare carries.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use ch09::two_phase_commit::{Answer, Branch, CommitCoordinator, CommitParticipant, Outcome, Transfer};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Prepare { id: u64, oldest: u64, account: u32, cents: i64 },
    Yes(u64),
    No(u64),
    Commit(u64),
    Abort(u64),
    Seen(u64),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Late(u64),
    Push,
}

#[derive(Clone, Debug, Default, Hash, Serialize, Deserialize)]
struct Book {
    next: u64,
    open: BTreeMap<u64, Deal>,
}

#[derive(Clone, Debug, Hash, Serialize, Deserialize)]
struct Deal {
    decision: Option<bool>,
    waiting_for: BTreeSet<NodeId>,
}

#[derive(Clone, Hash)]
pub struct Coordinator {
    book: Book,
    votes: BTreeMap<u64, (BTreeSet<NodeId>, u16, u32)>,
}

impl CommitCoordinator for Coordinator {}

impl Coordinator {
    fn save(&self, context: &mut Context<'_, Self>) {
        context.disk().write("book", &self.book);
        context.disk().sync();
    }

    fn decide(&mut self, id: u64, commit: bool, context: &mut Context<'_, Self>) {
        let Some((_, client, reference)) = self.votes.remove(&id) else { return };
        self.book.open.get_mut(&id).unwrap().decision = Some(commit);
        self.save(context);
        let outcome = if commit { Outcome::Committed } else { Outcome::Aborted };
        context.output(Answer { client, reference, outcome });
        self.push(id, context);
    }

    fn push(&self, id: u64, context: &mut Context<'_, Self>) {
        let deal = &self.book.open[&id];
        let Some(commit) = deal.decision else { return };
        for branch in &deal.waiting_for {
            context.send(*branch, if commit { Message::Commit(id) } else { Message::Abort(id) });
        }
    }
}

impl Process for Coordinator {
    type Message = Message;
    type Timer = Timer;
    type Config = ();
    type Input = Transfer;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let mut book: Book = context.disk().read("book").unwrap_or_default();
        book.open.values_mut().for_each(|deal| deal.decision = Some(deal.decision.unwrap_or(false)));
        let coordinator = Coordinator { book, votes: BTreeMap::new() };
        coordinator.save(context);
        context.set_timer(Timer::Push, 0);
        coordinator
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::Yes(id) => {
                let Some((votes, ..)) = self.votes.get_mut(&id) else { return };
                votes.insert(from);
                if *votes == self.book.open[&id].waiting_for {
                    self.decide(id, true, context);
                }
            }
            Message::No(id) => self.decide(id, false, context),
            Message::Seen(id) => {
                let Some(deal) = self.book.open.get_mut(&id) else { return };
                if deal.decision.is_none() {
                    return;
                }
                deal.waiting_for.remove(&from);
                if deal.waiting_for.is_empty() {
                    self.book.open.remove(&id);
                    self.save(context);
                }
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        match timer {
            Timer::Late(id) => self.decide(id, false, context),
            Timer::Push => {
                for id in self.book.open.keys() {
                    self.push(*id, context);
                }
                context.set_timer(Timer::Push, 150);
            }
        }
    }

    fn on_input(&mut self, transfer: Transfer, context: &mut Context<'_, Self>) {
        let id = self.book.next;
        self.book.next += 1;
        let waiting_for = transfer.postings.iter().map(|posting| posting.branch).collect();
        self.book.open.insert(id, Deal { decision: None, waiting_for });
        self.save(context);
        self.votes.insert(id, (BTreeSet::new(), transfer.client, transfer.reference));
        let oldest = *self.book.open.keys().next().unwrap();
        for posting in transfer.postings {
            let (account, cents) = (posting.account, posting.cents);
            context.send(posting.branch, Message::Prepare { id, oldest, account, cents });
        }
        context.set_timer(Timer::Late(id), 600);
    }
}

#[derive(Clone, Hash, Default, Serialize, Deserialize)]
pub struct Participant {
    balances: BTreeMap<u32, i64>,
    doubts: BTreeMap<u64, (u32, i64)>,
    /// Decided ones from `floor` on; everything below it is decided.
    decided: BTreeSet<u64>,
    floor: u64,
}

impl Participant {
    fn save(&self, context: &mut Context<'_, Self>) {
        context.disk().write("branch", self);
        context.disk().sync();
    }

    fn is_over(&self, id: u64) -> bool {
        id < self.floor || self.decided.contains(&id)
    }
}

impl CommitParticipant for Participant {
    fn balances(&self) -> BTreeMap<u32, i64> {
        self.balances.clone()
    }

    fn in_doubt(&self) -> usize {
        self.doubts.len()
    }
}

impl Process for Participant {
    type Message = Message;
    type Timer = ();
    type Config = Branch;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        context.disk().read("branch").unwrap_or_default()
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::Prepare { id, oldest, account, cents } => {
                self.floor = self.floor.max(oldest);
                self.decided.retain(|id| *id >= oldest);
                if self.is_over(id) {
                    return;
                }
                if context.config().frozen.contains(&account) {
                    context.send(from, Message::No(id));
                    return;
                }
                self.doubts.insert(id, (account, cents));
                self.save(context);
                context.send(from, Message::Yes(id));
            }
            Message::Commit(id) | Message::Abort(id) => {
                if !self.is_over(id) {
                    let work = self.doubts.remove(&id);
                    if let (Some((account, cents)), Message::Commit(_)) = (work, &message) {
                        *self.balances.entry(account).or_default() += cents;
                    }
                    self.decided.insert(id);
                    self.save(context);
                }
                context.send(from, Message::Seen(id));
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, (): (), _: &mut Context<'_, Self>) {}

    fn on_input(&mut self, input: Infallible, _: &mut Context<'_, Self>) {
        match input {}
    }
}
