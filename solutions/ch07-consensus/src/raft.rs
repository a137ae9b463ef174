//! Raft: a log in common.
//!
//! Contract: `ch07::raft`. Lesson: `cargo xtask lesson raft`.

// learner: begin
use std::collections::BTreeSet;
// learner: end

use ch07::raft::{Command, Config, Entry, Index, Output, Raft, Role, Term};
use harness::{Context, NodeId, Process};
// learner: begin
use rand::RngExt;
// learner: end
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // learner: begin
    // learner: | // What does a candidate ask? What does a leader send? How are they answered?
    /// A candidate asks for a vote, and says how far its log goes.
    RequestVote { term: Term, last_index: Index, last_term: Term },
    /// The answer. A vote that is refused is told as well, for its term.
    Vote { term: Term, granted: bool },
    /// A leader's entries that follow the one at `prev_index`, or none; and how far the log is committed.
    Append { term: Term, prev_index: Index, prev_term: Term, entries: Vec<Entry>, commit: Index },
    /// The log is the leader's, up to `matched`.
    Appended { term: Term, matched: Index },
    /// The log has another entry at `prev_index`, or none. It may be the leader's up to `hint`, and no further.
    Rejected { term: Term, hint: Index },
    // learner: end
}

/// What wakes a node.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // learner: begin
    // learner: | // What does a follower wait for? And a leader?
    /// No leader was heard of for too long.
    Election,
    /// Followers want to hear from their leader.
    Heartbeat,
    // learner: end
}

/// A node: its memory. What must survive a crash is on the disk as well.
#[derive(Clone, Hash)]
pub struct Node {
    // learner: begin
    // learner: | // Figure 2 of the paper lists what a node remembers, and which part of it must be on the disk.
    me: NodeId,
    // On the disk, too.
    term: Term,
    vote: Option<NodeId>,
    log: Vec<Entry>,
    // In memory only.
    role: Role,
    leader: Option<NodeId>,
    votes: BTreeSet<NodeId>,
    commit: Index,
    applied: Index,
    followers: Vec<Follower>,
    // learner: end
}

// learner: begin
/// What a leader knows of a node, itself included.
#[derive(Clone, Hash)]
struct Follower {
    /// The next entry to send.
    next: Index,
    /// Up to here its log is known to be the leader's.
    matched: Index,
    /// It is not known where the logs agree: messages carry no entries until it is.
    probing: bool,
}

const BALLOT: &str = "ballot";
const LOG: &str = "log";
// learner: end

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = Config;
    type Input = Command;
    type Output = Output;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("read the disk; begin as a follower, and wait for a leader, but not for ever")
        let (term, vote) = context.disk().read(BALLOT).unwrap_or_default();
        let log: Vec<Entry> = context.disk().log(LOG).into_iter().map_while(Result::ok).collect();
        // A torn record was never acknowledged; what is appended next takes its place.
        context.disk().keep(LOG, 0..log.len());
        let node = Node {
            me: context.me(),
            term,
            vote,
            log,
            role: Role::Follower,
            leader: None,
            votes: BTreeSet::new(),
            commit: 0,
            applied: 0,
            followers: Vec::new(),
        };
        node.wait_for_a_leader(context);
        node
        // learner: end
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (from, message, context);
        // learner: | todo!("first of all: what does the message's term say about yours?")
        if message.term() > self.term {
            self.step_down(message.term(), context);
        }
        let current = message.term() == self.term;
        match message {
            Message::RequestVote { last_index, last_term, .. } => {
                let granted = current && self.grants(from, last_index, last_term);
                if granted {
                    self.vote = Some(from);
                    self.save_ballot(context);
                    self.wait_for_a_leader(context);
                }
                context.send(from, Message::Vote { term: self.term, granted });
            }
            Message::Vote { granted: true, .. } if current && self.role == Role::Candidate => {
                self.votes.insert(from);
                self.count_votes(context);
            }
            Message::Append { prev_index, prev_term, entries, commit, .. } if current => {
                self.follow(from, context);
                self.append(from, prev_index, prev_term, entries, commit, context);
            }
            Message::Append { .. } => context.send(from, Message::Rejected { term: self.term, hint: 0 }),
            Message::Appended { matched, .. } if current && self.role == Role::Leader => {
                let follower = &mut self.followers[from.index()];
                follower.matched = follower.matched.max(matched);
                follower.next = follower.next.max(matched + 1);
                follower.probing = false;
                if follower.next <= self.last_index() {
                    self.replicate(from, context);
                }
                self.advance_commit(context);
            }
            Message::Rejected { hint, .. } if current && self.role == Role::Leader => {
                let follower = &mut self.followers[from.index()];
                let next = (hint + 1).max(follower.matched + 1);
                // A refusal that comes late says nothing new.
                if next < follower.next {
                    follower.next = next;
                    follower.probing = true;
                    self.replicate(from, context);
                }
            }
            Message::Vote { .. } | Message::Appended { .. } | Message::Rejected { .. } => {}
        }
        // learner: end
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (timer, context);
        // learner: | todo!("what was waited for, and did not come?")
        match timer {
            Timer::Election => self.stand_for_election(context),
            Timer::Heartbeat => self.tell_all(context),
        }
        // learner: end
    }

    fn on_input(&mut self, command: Command, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (command, context);
        // learner: | todo!("who may append it?")
        if self.role != Role::Leader {
            context.output(Output::NotLeader { command, leader: self.leader });
            return;
        }
        let entry = Entry { term: self.term, command: Some(command) };
        context.disk().append(LOG, &entry);
        context.disk().sync();
        self.log.push(entry);
        for peer in context.peers() {
            self.replicate(peer, context);
        }
        // learner: end
    }
}

impl Raft for Node {
    fn role(&self) -> Role {
        // learner: begin
        // learner: | todo!()
        self.role
        // learner: end
    }

    fn term(&self) -> Term {
        // learner: begin
        // learner: | todo!()
        self.term
        // learner: end
    }

    fn vote(&self) -> Option<NodeId> {
        // learner: begin
        // learner: | todo!()
        self.vote
        // learner: end
    }

    fn entry(&self, index: Index) -> Option<Entry> {
        // learner: begin
        // learner: | let _ = index;
        // learner: | todo!("index 1 is the first")
        self.log.get((index as usize).checked_sub(1)?).copied()
        // learner: end
    }
}

// learner: begin
impl Message {
    fn term(&self) -> Term {
        match self {
            Message::RequestVote { term, .. }
            | Message::Vote { term, .. }
            | Message::Append { term, .. }
            | Message::Appended { term, .. }
            | Message::Rejected { term, .. } => *term,
        }
    }
}

/// Election.
impl Node {
    /// Another wait each time, so that two that stood against each other don't do so for ever.
    fn wait_for_a_leader(&self, context: &mut Context<'_, Self>) {
        let Config { election_least_ms, election_most_ms, .. } = *context.config();
        let after_ms = context.random().random_range(election_least_ms..=election_most_ms);
        context.set_timer(Timer::Election, after_ms);
    }

    fn save_ballot(&self, context: &mut Context<'_, Self>) {
        context.disk().write(BALLOT, &(self.term, self.vote));
        context.disk().sync();
    }

    /// Somebody is in a later term. A follower's patience is not renewed by that: nobody has been elected yet.
    fn step_down(&mut self, term: Term, context: &mut Context<'_, Self>) {
        self.term = term;
        self.vote = None;
        self.save_ballot(context);
        self.leader = None;
        if self.role == Role::Leader {
            context.cancel_timer(&Timer::Heartbeat);
            self.wait_for_a_leader(context);
        }
        self.role = Role::Follower;
    }

    fn stand_for_election(&mut self, context: &mut Context<'_, Self>) {
        self.term += 1;
        self.vote = Some(self.me);
        self.save_ballot(context);
        self.role = Role::Candidate;
        self.leader = None;
        self.votes = BTreeSet::from([self.me]);
        self.wait_for_a_leader(context);
        let (last_index, last_term) = (self.last_index(), self.last_term());
        context.broadcast(Message::RequestVote { term: self.term, last_index, last_term });
    }

    /// Once a term, and only for a log that is at least as up to date as this one (§5.4.1).
    fn grants(&self, candidate: NodeId, last_index: Index, last_term: Term) -> bool {
        let free = self.vote.is_none_or(|vote| vote == candidate);
        free && (last_term, last_index) >= (self.last_term(), self.last_index())
    }

    fn count_votes(&mut self, context: &mut Context<'_, Self>) {
        if self.votes.len() <= context.node_count() / 2 {
            return;
        }
        self.role = Role::Leader;
        self.leader = Some(self.me);
        let follower = Follower { next: self.last_index() + 1, matched: 0, probing: true };
        self.followers = vec![follower; context.node_count()];
        context.cancel_timer(&Timer::Election);
        self.tell_all(context);
    }

    /// A leader of this term has spoken.
    fn follow(&mut self, leader: NodeId, context: &mut Context<'_, Self>) {
        self.role = Role::Follower;
        self.leader = Some(leader);
        self.wait_for_a_leader(context);
    }
}

/// Replication.
impl Node {
    fn last_index(&self) -> Index {
        self.log.len() as Index
    }

    fn last_term(&self) -> Term {
        self.log.last().map_or(0, |entry| entry.term)
    }

    fn term_at(&self, index: Index) -> Option<Term> {
        if index == 0 { Some(0) } else { self.entry(index).map(|entry| entry.term) }
    }

    fn tell_all(&mut self, context: &mut Context<'_, Self>) {
        for peer in context.peers() {
            self.replicate(peer, context);
        }
        context.set_timer(Timer::Heartbeat, context.config().heartbeat_ms);
    }

    /// Sends a follower what it lacks, and takes it to have arrived: if not, it will reject what comes next.
    fn replicate(&mut self, to: NodeId, context: &mut Context<'_, Self>) {
        let last_index = self.last_index();
        let follower = &mut self.followers[to.index()];
        let prev_index = follower.next - 1;
        let mut entries = Vec::new();
        if !follower.probing {
            entries.extend_from_slice(&self.log[prev_index as usize..]);
            follower.next = last_index + 1;
        }
        let prev_term = self.term_at(prev_index).expect("a leader's log only grows");
        let message = Message::Append { term: self.term, prev_index, prev_term, entries, commit: self.commit };
        context.send(to, message);
    }

    fn append(
        &mut self,
        leader: NodeId,
        prev_index: Index,
        prev_term: Term,
        entries: Vec<Entry>,
        commit: Index,
        context: &mut Context<'_, Self>,
    ) {
        if self.term_at(prev_index) != Some(prev_term) {
            let hint = self.hint(prev_index);
            context.send(leader, Message::Rejected { term: self.term, hint });
            return;
        }
        let matched = prev_index + entries.len() as Index;
        for (index, entry) in (prev_index + 1..).zip(entries) {
            match self.term_at(index) {
                Some(term) if term == entry.term => continue,
                Some(_) => {
                    self.log.truncate(index as usize - 1);
                    context.disk().keep(LOG, 0..self.log.len());
                }
                None => {}
            }
            self.log.push(entry);
            context.disk().append(LOG, &entry);
        }
        context.disk().sync();
        context.send(leader, Message::Appended { term: self.term, matched });
        self.commit_up_to(commit.min(matched), context);
    }

    /// Where the logs may agree at best: not within the term whose entry at `prev_index` is wrong (§5.3).
    fn hint(&self, prev_index: Index) -> Index {
        let Some(wrong) = self.term_at(prev_index) else { return self.last_index() };
        self.log.partition_point(|entry| entry.term < wrong) as Index
    }

    /// Only an entry of the present term is committed by counting; those before it are with it (§5.4.2).
    fn advance_commit(&mut self, context: &mut Context<'_, Self>) {
        let mut matched: Vec<Index> = context.peers().map(|peer| self.followers[peer.index()].matched).collect();
        matched.push(self.last_index());
        matched.sort_unstable_by(|a, b| b.cmp(a));
        let held_by_most = matched[context.node_count() / 2];
        if self.term_at(held_by_most) == Some(self.term) {
            self.commit_up_to(held_by_most, context);
        }
    }

    fn commit_up_to(&mut self, index: Index, context: &mut Context<'_, Self>) {
        self.commit = self.commit.max(index);
        while self.applied < self.commit {
            self.applied += 1;
            let entry = self.log[self.applied as usize - 1];
            if let Some(command) = entry.command {
                context.output(Output::Applied { index: self.applied, command });
            }
        }
    }
}
// learner: end
