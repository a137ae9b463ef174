//! One message, one timer that ticks, and a journal on the disk that is played back at boot. A leader answers each
//! acknowledgement, tells of a commit at once, sends at most sixteen entries in a message, and finds where logs agree by
//! steps that double. A candidate asks again whoever has not answered.

use ch07::raft::{Command, Config, Entry, Index, Output, Raft, Role, Term};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

const TICK_MS: u64 = 7;
const BATCH: usize = 16;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Subject {
    Elect,
    Replicate,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Message {
    subject: Subject,
    is_answer: bool,
    term: Term,
    /// In a question: where the sender's log ends, or what goes before the entries. In an answer: what it is about.
    index: Index,
    index_term: Term,
    entries: Vec<Entry>,
    commit: Index,
    yes: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
enum Record {
    Term(Term),
    Vote(NodeId),
    Entry(Index, Entry),
}

#[derive(Clone, Hash, Default)]
struct Peer {
    voted: bool,
    matched: Index,
    next: Index,
    step: Index,
    sure: bool,
    idle: u64,
}

#[derive(Clone, Hash)]
pub struct Node {
    me: usize,
    term: Term,
    vote: Option<NodeId>,
    log: Vec<Entry>,
    role: Role,
    leader: Option<NodeId>,
    peers: Vec<Peer>,
    commit: Index,
    applied: Index,
    patience: u64,
}

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Command;
    type Output = Output;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let mut node = Node {
            me: context.me().index(),
            term: 0,
            vote: None,
            log: Vec::new(),
            role: Role::Follower,
            leader: None,
            peers: vec![Peer::default(); context.node_count()],
            commit: 0,
            applied: 0,
            patience: 0,
        };
        let records = context.disk().log::<Record>("journal");
        let whole = records.iter().take_while(|record| record.is_ok()).count();
        for record in records.into_iter().flatten() {
            match record {
                Record::Term(term) => (node.term, node.vote) = (term, None),
                Record::Vote(vote) => node.vote = Some(vote),
                Record::Entry(index, entry) => {
                    node.log.truncate(index as usize - 1);
                    node.log.push(entry);
                }
            }
        }
        context.disk().keep("journal", 0..whole);
        context.disk().sync();
        node.patient(context);
        context.set_timer((), TICK_MS);
        node
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        context.set_timer((), TICK_MS);
        let beat = context.config().heartbeat_ms / TICK_MS;
        if self.role == Role::Leader {
            for peer in context.peers() {
                self.peers[peer.index()].idle += 1;
                if self.peers[peer.index()].idle >= beat {
                    self.peers[peer.index()].next = self.peers[peer.index()].next.min(self.peers[peer.index()].matched + 1).max(1);
                    if !self.peers[peer.index()].sure {
                        self.peers[peer.index()].next = self.log.len() as Index + 1 - self.peers[peer.index()].step;
                    }
                    self.feed(peer, context);
                }
            }
            return;
        }
        self.patience = self.patience.saturating_sub(1);
        if self.patience == 0 {
            self.term += 1;
            let me = context.me();
            self.vote = Some(me);
            self.role = Role::Candidate;
            self.leader = None;
            self.write(Record::Term(self.term), context);
            self.write(Record::Vote(me), context);
            context.disk().sync();
            self.peers = vec![Peer::default(); context.node_count()];
            self.peers[me.index()].voted = true;
            self.patient(context);
        } else if self.role != Role::Candidate || !self.patience.is_multiple_of(6) {
            return;
        }
        for peer in context.peers().filter(|peer| !self.peers[peer.index()].voted) {
            let end = self.log.len() as Index;
            self.say(peer, Subject::Elect, (end, self.term_at(end)), Vec::new(), context);
        }
    }

    fn on_input(&mut self, command: Command, context: &mut Context<'_, Self>) {
        if self.role != Role::Leader {
            return context.output(Output::NotLeader { command, leader: self.leader });
        }
        let entry = Entry { term: self.term, command: Some(command) };
        self.log.push(entry);
        self.write(Record::Entry(self.log.len() as Index, entry), context);
        context.disk().sync();
        for peer in context.peers() {
            if self.peers[peer.index()].sure && self.peers[peer.index()].next as usize == self.log.len() {
                self.feed(peer, context);
            }
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        if message.term > self.term {
            self.term = message.term;
            self.vote = None;
            self.write(Record::Term(self.term), context);
            context.disk().sync();
            if self.role == Role::Leader {
                self.patient(context);
            }
            self.role = Role::Follower;
            self.leader = None;
        }
        let current = message.term == self.term;
        match (message.subject.clone(), message.is_answer) {
            (Subject::Elect, false) => {
                let end = self.log.len() as Index;
                let good = (message.index_term, message.index) >= (self.term_at(end), end);
                let yes = current && good && self.vote.is_none_or(|vote| vote == from);
                if yes && self.vote.is_none() {
                    self.vote = Some(from);
                    self.write(Record::Vote(from), context);
                    context.disk().sync();
                    self.patient(context);
                }
                self.answer(from, &message, message.index, yes, context);
            }
            (Subject::Elect, true) if current && self.role == Role::Candidate && message.yes => {
                self.peers[from.index()].voted = true;
                if 2 * self.peers.iter().filter(|peer| peer.voted).count() > self.peers.len() {
                    self.role = Role::Leader;
                    self.leader = Some(context.me());
                    let next = self.log.len() as Index + 1;
                    for peer in context.peers() {
                        self.peers[peer.index()] = Peer { next, ..Peer::default() };
                        self.feed(peer, context);
                    }
                }
            }
            (Subject::Replicate, false) => {
                if !current {
                    return self.answer(from, &message, 0, false, context);
                }
                self.role = Role::Follower;
                self.leader = Some(from);
                self.patient(context);
                let fits = message.index <= self.log.len() as Index && self.term_at(message.index) == message.index_term;
                let upto = message.index + message.entries.len() as Index;
                if fits {
                    for (index, entry) in (message.index + 1..).zip(&message.entries) {
                        if index > self.log.len() as Index || self.term_at(index) != entry.term {
                            self.log.truncate(index as usize - 1);
                            self.log.push(*entry);
                            self.write(Record::Entry(index, *entry), context);
                        }
                    }
                    context.disk().sync();
                }
                self.answer(from, &message, if fits { upto } else { message.index }, fits, context);
                if fits {
                    self.settle(message.commit.min(upto), context);
                }
            }
            (Subject::Replicate, true) if current && self.role == Role::Leader => self.hear(from, &message, context),
            _ => {}
        }
    }
}

impl Node {
    fn write(&self, record: Record, context: &mut Context<'_, Self>) {
        context.disk().append("journal", &record);
    }

    fn patient(&mut self, context: &mut Context<'_, Self>) {
        let config = *context.config();
        let most_ms = config.election_most_ms + 100;
        self.patience = context.random().random_range(config.election_least_ms..most_ms) / TICK_MS + 1;
    }

    fn term_at(&self, index: Index) -> Term {
        if index == 0 { 0 } else { self.log[index as usize - 1].term }
    }

    fn say(&self, to: NodeId, subject: Subject, at: (Index, Term), entries: Vec<Entry>, context: &mut Context<'_, Self>) {
        let (index, index_term) = at;
        let (term, commit) = (self.term, self.commit);
        context.send(to, Message { subject, is_answer: false, term, index, index_term, entries, commit, yes: false });
    }

    fn answer(&self, to: NodeId, to_what: &Message, index: Index, yes: bool, context: &mut Context<'_, Self>) {
        let subject = to_what.subject.clone();
        let term = self.term;
        let (index_term, commit, entries) = (0, 0, Vec::new());
        context.send(to, Message { subject, is_answer: true, term, index, index_term, entries, commit, yes });
    }

    fn feed(&mut self, to: NodeId, context: &mut Context<'_, Self>) {
        let peer = &mut self.peers[to.index()];
        peer.idle = 0;
        let before = peer.next - 1;
        let mut entries = Vec::new();
        if peer.sure {
            let tail = &self.log[before as usize..];
            entries.extend_from_slice(&tail[..tail.len().min(BATCH)]);
            peer.next += entries.len() as Index;
        }
        self.say(to, Subject::Replicate, (before, self.term_at(before)), entries, context);
    }

    fn hear(&mut self, from: NodeId, message: &Message, context: &mut Context<'_, Self>) {
        let last = self.log.len() as Index;
        let peer = &mut self.peers[from.index()];
        if message.yes {
            peer.sure = true;
            peer.matched = peer.matched.max(message.index);
            peer.next = peer.next.max(peer.matched + 1);
        } else if message.index > peer.matched && !peer.sure {
            peer.step = (2 * peer.step + 1).min(last);
            peer.next = (last + 1 - peer.step).max(peer.matched + 1);
        } else {
            // What was sent ahead arrived before what goes before it, or that was lost.
            if peer.sure && peer.next > peer.matched + 1 {
                peer.next = peer.matched + 1;
                self.feed(from, context);
            }
            return;
        }
        if !peer.sure || peer.next <= last {
            self.feed(from, context);
        }
        let mut matched: Vec<Index> = context.peers().map(|peer| self.peers[peer.index()].matched).collect();
        matched.sort_unstable();
        // With oneself, those from here on are a majority.
        let index = matched[matched.len() - context.node_count() / 2];
        if index > self.commit && self.term_at(index) == self.term {
            self.settle(index, context);
            for peer in context.peers().filter(|peer| *peer != from) {
                if self.peers[peer.index()].sure {
                    self.feed(peer, context);
                }
            }
        }
    }

    fn settle(&mut self, index: Index, context: &mut Context<'_, Self>) {
        self.commit = self.commit.max(index);
        for index in self.applied + 1..=self.commit {
            if let Some(command) = self.log[index as usize - 1].command {
                context.output(Output::Applied { index, command });
            }
        }
        self.applied = self.commit;
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
        if index == 0 { None } else { self.log.get(index as usize - 1).copied() }
    }
}
