//! Followers pull: a leader says only that it leads and how far its log goes; whoever lacks something asks for it, and gets a
//! window of entries, each in a message of its own, in any order. The disk holds a value for each entry. Heartbeats are jittered,
//! patience is long, and what goes out is sent before the own entry or the own vote is synced, in the same handler.

use std::collections::BTreeMap;

use ch07::raft::{Command, Config, Entry, Index, Output, Raft, Role, Term};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

const WINDOW: u64 = 40;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    /// Vote for me: my log ends with this term, at this index.
    Elect { term: Term, end: (Term, Index) },
    /// You have my vote in that term.
    Chosen { term: Term },
    /// I lead, my log ends there, and so far is committed.
    Lead { term: Term, last: Index, commit: Index },
    /// My log ends so (or agrees with yours up to there, if `agreed`): send what follows.
    Pull { term: Term, index: Index, index_term: Term },
    /// Your log is not mine at the index that you told me of: mine is of that term there or ends there.
    Stray { term: Term, index: Index, index_term: Term },
    /// One entry, and the term of the one before it.
    One { term: Term, index: Index, before_term: Term, entry: Entry },
    /// I am further than you.
    Later { term: Term },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Alone,
    Lead,
    Pull,
}

#[derive(Clone, Hash)]
pub struct Node {
    role: Role,
    term: Term,
    vote: Option<NodeId>,
    log: Vec<Entry>,
    leader: Option<NodeId>,
    chosen_by: Vec<NodeId>,
    /// Up to where this log is known to be the leader's of this term.
    agreed: Index,
    leader_last: Index,
    commit: Index,
    applied: Index,
    held: BTreeMap<NodeId, Index>,
    /// Entries of this term's leader that overtook others.
    early: BTreeMap<Index, (Term, Entry)>,
}

type Here<'a, 'b> = &'a mut Context<'b, Node>;

impl Node {
    fn last(&self) -> Index {
        self.log.len() as Index
    }

    fn term_at(&self, index: Index) -> Option<Term> {
        match index.checked_sub(1) {
            None => Some(0),
            Some(place) => self.log.get(place as usize).map(|entry| entry.term),
        }
    }

    fn end(&self) -> (Term, Index) {
        (self.log.last().map_or(0, |entry| entry.term), self.last())
    }

    fn take_up(&mut self, term: Term, vote: Option<NodeId>, here: Here) {
        (self.term, self.vote) = (term, vote);
        here.disk().write("ballot", &(term, vote));
        here.disk().sync();
    }

    fn follow(&mut self, term: Term, here: Here) {
        if term > self.term {
            self.take_up(term, None, here);
            (self.leader, self.agreed, self.leader_last) = (None, 0, 0);
            self.early.clear();
            if self.role == Role::Leader {
                here.cancel_timer(&Timer::Lead);
                self.be_patient(here);
            }
            self.role = Role::Follower;
        }
    }

    fn be_patient(&self, here: Here) {
        let after_ms = here.random().random_range(260..=620);
        here.set_timer(Timer::Alone, after_ms);
    }

    fn put(&mut self, index: Index, entry: Entry, here: Here) {
        self.log.push(entry);
        here.disk().write(&format!("{index}"), &entry);
    }

    fn lead_on(&self, here: Here) {
        here.broadcast(Message::Lead { term: self.term, last: self.last(), commit: self.commit });
        let after_ms = here.random().random_range(30..=70);
        here.set_timer(Timer::Lead, after_ms);
    }

    fn pull(&self, here: Here) {
        let Some(leader) = self.leader else { return };
        let index = if self.agreed > 0 { self.agreed } else { self.last().min(self.leader_last) };
        let index_term = self.term_at(index).unwrap_or_default();
        here.send(leader, Message::Pull { term: self.term, index, index_term });
        let after_ms = here.random().random_range(60..=90);
        here.set_timer(Timer::Pull, after_ms);
    }

    fn apply_to(&mut self, index: Index, here: Here) {
        self.commit = self.commit.max(index);
        while self.applied < self.commit {
            self.applied += 1;
            if let Some(command) = self.log[self.applied as usize - 1].command {
                here.output(Output::Applied { index: self.applied, command });
            }
        }
    }

    fn pulled(&mut self, from: NodeId, index: Index, index_term: Term, here: Here) {
        if self.term_at(index) != Some(index_term) {
            // The end of the last earlier term that could be in common.
            let upto = self.log.partition_point(|entry| entry.term < index_term) as Index;
            let index = upto.min(index - 1);
            let index_term = self.term_at(index).unwrap_or_default();
            here.send(from, Message::Stray { term: self.term, index, index_term });
            return;
        }
        let held = self.held.entry(from).or_default();
        *held = index.max(*held);
        let before = self.commit;
        let mut held: Vec<Index> = here.peers().map(|peer| self.held.get(&peer).copied().unwrap_or(0)).collect();
        held.push(self.last());
        held.sort_unstable();
        let most = held[(held.len() - 1) / 2];
        if self.term_at(most) == Some(self.term) {
            self.apply_to(most, here);
        }
        if self.commit > before {
            self.lead_on(here);
        }
        for at in index + 1..=self.last().min(index + WINDOW) {
            let (before_term, entry) = (self.term_at(at - 1).unwrap_or_default(), self.log[at as usize - 1]);
            here.send(from, Message::One { term: self.term, index: at, before_term, entry });
        }
    }

    fn got(&mut self, index: Index, before_term: Term, entry: Entry, here: Here) {
        if index > self.agreed {
            self.early.insert(index, (before_term, entry));
        }
        let agreed = self.agreed;
        while let Some((index, (before_term, entry))) = self.early.first_key_value().map(|(at, what)| (*at, *what)) {
            if self.term_at(index - 1) != Some(before_term) || (self.agreed > 0 && index > self.agreed + 1) {
                break;
            }
            self.early.remove(&index);
            self.take_over(index, entry, here);
        }
        if self.agreed > agreed {
            here.disk().sync();
            if self.agreed == self.leader_last || self.early.is_empty() {
                self.pull(here);
            }
        }
    }

    fn take_over(&mut self, index: Index, entry: Entry, here: Here) {
        if self.term_at(index) != Some(entry.term) {
            for gone in (index..=self.last()).rev() {
                here.disk().remove(&format!("{gone}"));
            }
            self.log.truncate(index as usize - 1);
            self.put(index, entry, here);
        }
        self.agreed = self.agreed.max(index);
    }
}

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = Config;
    type Input = Command;
    type Output = Output;

    fn boot(here: &mut Context<'_, Self>) -> Self {
        let (term, vote) = here.disk().read("ballot").unwrap_or_default();
        let mut log = Vec::new();
        while let Some(entry) = here.disk().read(&format!("{}", log.len() + 1)) {
            log.push(entry);
        }
        let node = Node {
            role: Role::Follower,
            term,
            vote,
            log,
            leader: None,
            chosen_by: Vec::new(),
            agreed: 0,
            leader_last: 0,
            commit: 0,
            applied: 0,
            held: BTreeMap::new(),
            early: BTreeMap::new(),
        };
        node.be_patient(here);
        node
    }

    fn on_message(&mut self, from: NodeId, message: Message, here: &mut Context<'_, Self>) {
        let (Message::Elect { term, .. }
        | Message::Chosen { term }
        | Message::Lead { term, .. }
        | Message::Pull { term, .. }
        | Message::Stray { term, .. }
        | Message::One { term, .. }
        | Message::Later { term }) = message;
        self.follow(term, here);
        if term < self.term {
            if matches!(message, Message::Lead { .. } | Message::Elect { .. }) {
                here.send(from, Message::Later { term: self.term });
            }
            return;
        }
        match message {
            Message::Elect { end, .. } => {
                if self.vote.is_none_or(|vote| vote == from) && end >= self.end() {
                    if self.vote.is_none() {
                        self.take_up(term, Some(from), here);
                    }
                    self.be_patient(here);
                    here.send(from, Message::Chosen { term });
                }
            }
            Message::Chosen { .. } => {
                if !self.chosen_by.contains(&from) {
                    self.chosen_by.push(from);
                }
                if self.role == Role::Candidate && self.chosen_by.len() > here.node_count() / 2 {
                    (self.role, self.leader) = (Role::Leader, Some(here.me()));
                    self.held = BTreeMap::new();
                    here.cancel_timer(&Timer::Alone);
                    here.cancel_timer(&Timer::Pull);
                    self.lead_on(here);
                }
            }
            Message::Lead { last, commit, .. } => {
                self.role = Role::Follower;
                let new = self.leader.is_none() || last > self.leader_last;
                self.leader = Some(from);
                self.leader_last = self.leader_last.max(last);
                self.be_patient(here);
                self.apply_to(commit.min(self.agreed), here);
                if new {
                    self.pull(here);
                }
            }
            Message::Pull { index, index_term, .. } => self.pulled(from, index, index_term, here),
            Message::Stray { index, index_term, .. } => {
                if self.agreed > 0 {
                    return;
                }
                let index = if self.term_at(index) == Some(index_term) {
                    index
                } else {
                    (self.log.partition_point(|entry| entry.term <= index_term) as Index).min(index)
                };
                let index_term = self.term_at(index).unwrap_or_default();
                here.send(from, Message::Pull { term, index, index_term });
            }
            Message::One { index, before_term, entry, .. } => self.got(index, before_term, entry, here),
            Message::Later { .. } => {}
        }
    }

    fn on_timer(&mut self, timer: Timer, here: &mut Context<'_, Self>) {
        match timer {
            Timer::Alone => {
                here.broadcast(Message::Elect { term: self.term + 1, end: self.end() });
                let me = here.me();
                self.take_up(self.term + 1, Some(me), here);
                (self.role, self.leader, self.agreed, self.leader_last) = (Role::Candidate, None, 0, 0);
                self.chosen_by = vec![me];
                self.early.clear();
                self.be_patient(here);
            }
            Timer::Lead => self.lead_on(here),
            Timer::Pull => {
                if self.role == Role::Follower && self.leader.is_some() && self.agreed < self.leader_last {
                    self.pull(here);
                } else {
                    here.set_timer(Timer::Pull, 60);
                }
            }
        }
    }

    fn on_input(&mut self, command: Command, here: &mut Context<'_, Self>) {
        if self.role != Role::Leader {
            here.output(Output::NotLeader { command, leader: self.leader });
            return;
        }
        let entry = Entry { term: self.term, command: Some(command) };
        self.put(self.last() + 1, entry, here);
        here.broadcast(Message::Lead { term: self.term, last: self.last(), commit: self.commit });
        here.disk().sync();
    }
}

impl Raft for Node {
    fn role(&self) -> Role {
        self.role
    }

    fn term(&self) -> Term {
        self.term
    }

    fn vote(&self) -> Option<NodeId> {
        self.vote
    }

    fn entry(&self, index: Index) -> Option<Entry> {
        self.log.get(usize::try_from(index).ok()?.checked_sub(1)?).copied()
    }
}
