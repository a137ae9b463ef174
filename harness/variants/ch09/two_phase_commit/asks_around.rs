//! Cooperative termination: a branch in doubt asks the other branches as well, who answer if they know. Names are drawn by lot.
//! The coordinator asks for missing votes again and logs the end of a commit; branches keep yeses in a log and everything else
//! in one value.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use ch09::two_phase_commit::{
    Answer, Branch, CommitCoordinator, CommitParticipant, MESSAGE_LIFE_MS, Outcome, Posting, Transfer,
};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

type Name = u128;

#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Deal {
    branches: Vec<NodeId>,
    account: u32,
    cents: Vec<i64>,
}

impl Deal {
    fn cents_at(&self, branch: NodeId) -> i64 {
        self.cents[self.branches.iter().position(|other| *other == branch).unwrap()]
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    CanYou(Name, Deal),
    ICan(Name),
    ICannot(Name),
    It(Name, bool),
    Noted(Name),
    WhatAbout(Name),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Line {
    Commit,
    End,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Poll {
    deal: Deal,
    yes: BTreeSet<NodeId>,
    client: (u16, u32),
    rounds: u32,
}

#[derive(Clone, Hash)]
pub struct Coordinator {
    polls: BTreeMap<Name, Poll>,
    commits: BTreeMap<Name, Vec<NodeId>>,
}

impl CommitCoordinator for Coordinator {}

impl Coordinator {
    fn end(&mut self, name: Name, commit: bool, context: &mut Context<'_, Self>) {
        let Some(poll) = self.polls.remove(&name) else { return };
        context.cancel_timer(&name);
        let outcome = if commit { Outcome::Committed } else { Outcome::Aborted };
        if commit {
            context.disk().append("decisions", &(Line::Commit, name, poll.deal.branches.clone()));
            context.disk().sync();
            self.commits.insert(name, poll.deal.branches.clone());
            context.set_timer(name, 250);
        }
        for branch in &poll.deal.branches {
            context.send(*branch, Message::It(name, commit));
        }
        let (client, reference) = poll.client;
        context.output(Answer { client, reference, outcome });
    }
}

impl Process for Coordinator {
    type Message = Message;
    type Timer = Name;
    type Config = ();
    type Input = Transfer;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let mut commits = BTreeMap::new();
        for (line, name, branches) in context.disk().log::<(Line, Name, Vec<NodeId>)>("decisions").into_iter().flatten() {
            match line {
                Line::Commit => commits.insert(name, branches),
                Line::End => commits.remove(&name),
            };
        }
        for name in commits.keys() {
            context.set_timer(*name, 10);
        }
        Coordinator { polls: BTreeMap::new(), commits }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::ICan(name) => {
                let Some(poll) = self.polls.get_mut(&name) else { return };
                poll.yes.insert(from);
                if poll.yes.len() == poll.deal.branches.len() {
                    self.end(name, true, context);
                }
            }
            Message::ICannot(name) => self.end(name, false, context),
            Message::Noted(name) => {
                let Some(waiting) = self.commits.get_mut(&name) else { return };
                waiting.retain(|branch| *branch != from);
                if waiting.is_empty() {
                    self.commits.remove(&name);
                    context.cancel_timer(&name);
                    match self.commits.is_empty() {
                        true => context.disk().remove("decisions"),
                        false => context.disk().append("decisions", &(Line::End, name, Vec::<NodeId>::new())),
                    }
                    context.disk().sync();
                }
            }
            Message::WhatAbout(name) if !self.polls.contains_key(&name) => {
                context.send(from, Message::It(name, self.commits.contains_key(&name)));
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, name: Name, context: &mut Context<'_, Self>) {
        if let Some(poll) = self.polls.get_mut(&name) {
            poll.rounds += 1;
            if poll.rounds == 8 {
                return self.end(name, false, context);
            }
            for branch in poll.deal.branches.iter().filter(|branch| !poll.yes.contains(branch)) {
                context.send(*branch, Message::CanYou(name, poll.deal.clone()));
            }
            context.set_timer(name, 60);
        } else if let Some(waiting) = self.commits.get(&name) {
            for branch in waiting {
                context.send(*branch, Message::It(name, true));
            }
            context.set_timer(name, 250);
        }
    }

    fn on_input(&mut self, transfer: Transfer, context: &mut Context<'_, Self>) {
        let name: Name = context.random().random();
        let Transfer { client, reference, postings } = transfer;
        let deal = Deal {
            branches: postings.iter().map(|posting| posting.branch).collect(),
            account: postings[0].account,
            cents: postings.iter().map(|Posting { cents, .. }| *cents).collect(),
        };
        for branch in &deal.branches {
            context.send(*branch, Message::CanYou(name, deal.clone()));
        }
        context.set_timer(name, 60);
        self.polls.insert(name, Poll { deal, yes: BTreeSet::new(), client: (client, reference), rounds: 0 });
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Ask(Name),
    Clean,
}

#[derive(Clone, Default, Hash, Serialize, Deserialize)]
struct Ledger {
    balances: BTreeMap<u32, i64>,
    known: BTreeMap<Name, bool>,
}

#[derive(Clone, Hash)]
pub struct Participant {
    ledger: Ledger,
    doubts: BTreeMap<Name, Deal>,
    last_ms: u64,
}

impl Participant {
    fn save(&self, context: &mut Context<'_, Self>) {
        context.disk().write("ledger", &self.ledger);
        context.disk().sync();
    }

    fn clean(&mut self, context: &mut Context<'_, Self>) {
        context.set_timer(Timer::Clean, 400);
        let quiet = context.elapsed_ms() >= self.last_ms + MESSAGE_LIFE_MS;
        if self.doubts.is_empty() && quiet && !self.ledger.known.is_empty() {
            // First the log, then what says which of its records are done with.
            context.disk().remove("yes");
            self.ledger.known.clear();
            self.save(context);
        }
    }
}

impl CommitParticipant for Participant {
    fn balances(&self) -> BTreeMap<u32, i64> {
        self.ledger.balances.clone()
    }

    fn in_doubt(&self) -> usize {
        self.doubts.len()
    }
}

impl Process for Participant {
    type Message = Message;
    type Timer = Timer;
    type Config = Branch;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let ledger: Ledger = context.disk().read("ledger").unwrap_or_default();
        let mut doubts: BTreeMap<Name, Deal> = context.disk().log("yes").into_iter().flatten().collect();
        doubts.retain(|name, _| !ledger.known.contains_key(name));
        for name in doubts.keys() {
            context.set_timer(Timer::Ask(*name), 20);
        }
        context.set_timer(Timer::Clean, 400);
        Participant { ledger, doubts, last_ms: 0 }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::CanYou(name, deal) => {
                if self.ledger.known.contains_key(&name) {
                    return;
                }
                if context.config().frozen.contains(&deal.account) {
                    context.send(from, Message::ICannot(name));
                    return;
                }
                if !self.doubts.contains_key(&name) {
                    context.disk().append("yes", &(name, deal.clone()));
                    context.disk().sync();
                    self.doubts.insert(name, deal);
                    context.set_timer(Timer::Ask(name), 300);
                }
                context.send(from, Message::ICan(name));
            }
            Message::It(name, commit) => {
                if let Some(deal) = self.doubts.remove(&name) {
                    if commit {
                        *self.ledger.balances.entry(deal.account).or_default() += deal.cents_at(context.me());
                    }
                    self.ledger.known.insert(name, commit);
                    self.last_ms = context.elapsed_ms();
                    self.save(context);
                }
                let coordinator = context.config().coordinator;
                context.send(coordinator, Message::Noted(name));
            }
            Message::WhatAbout(name) => {
                if let Some(commit) = self.ledger.known.get(&name) {
                    context.send(from, Message::It(name, *commit));
                }
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        match timer {
            Timer::Ask(name) => {
                let Some(deal) = self.doubts.get(&name) else { return };
                let me = context.me();
                let coordinator = context.config().coordinator;
                for node in deal.branches.iter().copied().filter(|node| *node != me).chain([coordinator]) {
                    context.send(node, Message::WhatAbout(name));
                }
                context.set_timer(Timer::Ask(name), 300);
            }
            Timer::Clean => self.clean(context),
        }
    }

    fn on_input(&mut self, input: Infallible, _: &mut Context<'_, Self>) {
        match input {}
    }
}
