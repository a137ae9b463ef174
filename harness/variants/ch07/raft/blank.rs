//! A leader begins its term with a blank entry, asks before it stands (PreVote), and gives up when it hears of no majority.
//! Everything on the disk is one value. Followers are sent what follows their `matched`, again and again until it is
//! acknowledged; a refusal carries the terms' boundaries of the whole log, so that one round trip finds where logs agree.

use std::collections::BTreeMap;

use ch07::raft::{Command, Config, Entry, Index, Output, Raft, Role, Term};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Ask { term: Term, last: (Term, Index), binding: bool },
    Answer { term: Term, yes: bool, binding: bool },
    Log { term: Term, after: (Index, Term), entries: Vec<Entry>, commit: Index },
    Got { term: Term, upto: Index },
    /// For each term of the log, in order, its last index.
    Differs { term: Term, ends: Vec<(Term, Index)> },
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    Alone,
    Beat,
    Quorum,
}

#[derive(Clone, Hash, Default, Serialize, Deserialize)]
struct Saved {
    term: Term,
    vote: Option<NodeId>,
    log: Vec<Entry>,
}

#[derive(Clone, Hash)]
enum State {
    Following(Option<NodeId>),
    /// Whether it is binding, and who said yes.
    Asking(bool, Vec<NodeId>),
    Leading { matched: BTreeMap<NodeId, Option<Index>>, guess: BTreeMap<NodeId, Index>, heard: Vec<NodeId> },
}

#[derive(Clone, Hash)]
pub struct Node {
    saved: Saved,
    state: State,
    commit: Index,
    applied: Index,
    heard_leader_ms: Option<u64>,
}

type Ctx<'a, 'b> = &'a mut Context<'b, Node>;

impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = Config;
    type Input = Command;
    type Output = Output;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let saved = context.disk().read("raft").unwrap_or_default();
        let node = Node { saved, state: State::Following(None), commit: 0, applied: 0, heard_leader_ms: None };
        node.wait(context);
        node
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        match timer {
            Timer::Alone => {
                if !matches!(self.state, State::Leading { .. }) {
                    self.ask(false, context);
                }
            }
            Timer::Beat => self.beat(context),
            Timer::Quorum => {
                let State::Leading { heard, .. } = &mut self.state else { return };
                if std::mem::take(heard).len() + 1 <= context.node_count() / 2 {
                    self.state = State::Following(None);
                    self.wait(context);
                } else {
                    context.set_timer(Timer::Quorum, 300);
                }
            }
        }
    }

    fn on_input(&mut self, command: Command, context: &mut Context<'_, Self>) {
        match &self.state {
            State::Leading { .. } => {
                self.saved.log.push(Entry { term: self.saved.term, command: Some(command) });
                self.save(context);
                // Commands that come soon after travel together.
                context.set_timer(Timer::Beat, 2);
            }
            State::Following(leader) => context.output(Output::NotLeader { command, leader: *leader }),
            State::Asking(..) => context.output(Output::NotLeader { command, leader: None }),
        }
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        let (term, binding) = match &message {
            Message::Ask { term, binding, .. } | Message::Answer { term, binding, .. } => (*term, *binding),
            Message::Log { term, .. } | Message::Got { term, .. } | Message::Differs { term, .. } => (*term, true),
        };
        if binding && term > self.saved.term {
            self.saved.term = term;
            self.saved.vote = None;
            self.save(context);
            if !matches!(self.state, State::Following(_)) {
                self.wait(context);
            }
            self.state = State::Following(None);
        }
        let current = term == self.saved.term;
        match message {
            Message::Ask { last, binding: true, .. } => {
                let free = self.saved.vote.is_none() || self.saved.vote == Some(from);
                let yes = current && free && last >= self.last();
                if yes {
                    self.saved.vote = Some(from);
                    self.save(context);
                    self.wait(context);
                }
                context.send(from, Message::Answer { term: self.saved.term, yes, binding: true });
            }
            Message::Ask { term, last, .. } => {
                let least_ms = context.config().election_least_ms;
                let led = self.heard_leader_ms.is_some_and(|at_ms| context.elapsed_ms() < at_ms + least_ms);
                let leads = matches!(self.state, State::Leading { .. });
                let yes = !led && !leads && term > self.saved.term && last >= self.last();
                let term = if yes { term } else { self.saved.term };
                context.send(from, Message::Answer { term, yes, binding: false });
            }
            Message::Answer { term, yes, binding } => {
                if !yes && term > self.saved.term {
                    self.saved.term = term;
                    self.saved.vote = None;
                    self.save(context);
                    self.state = State::Following(None);
                    return;
                }
                let expected = if binding { self.saved.term } else { self.saved.term + 1 };
                let State::Asking(asked, who) = &mut self.state else { return };
                if !yes || *asked != binding || term != expected || who.contains(&from) {
                    return;
                }
                who.push(from);
                if who.len() > context.node_count() / 2 {
                    if binding { self.lead(context) } else { self.ask(true, context) }
                }
            }
            Message::Log { after, entries, commit, .. } if current => {
                self.state = State::Following(Some(from));
                self.heard_leader_ms = Some(context.elapsed_ms());
                self.wait(context);
                self.take(from, after, entries, commit, context);
            }
            Message::Log { .. } => {
                let term = self.saved.term;
                context.send(from, Message::Got { term, upto: 0 });
            }
            Message::Got { upto, .. } if current => {
                let State::Leading { matched, heard, .. } = &mut self.state else { return };
                heard.push(from);
                heard.dedup();
                heard.sort_unstable();
                heard.dedup();
                let slot = matched.entry(from).or_default();
                let first = slot.is_none();
                *slot = (*slot).max(Some(upto));
                if first {
                    context.set_timer(Timer::Beat, 1);
                }
                self.count(context);
            }
            Message::Differs { ends, .. } if current => {
                let log = &self.saved.log;
                let State::Leading { guess, heard, .. } = &mut self.state else { return };
                heard.push(from);
                heard.sort_unstable();
                heard.dedup();
                // The last place where both have an entry of the same term.
                let agree = |&(term, end): &(Term, Index)| {
                    let mine = log.iter().rposition(|entry| entry.term == term)? as Index + 1;
                    Some(mine.min(end))
                };
                guess.insert(from, ends.iter().rev().find_map(agree).unwrap_or(0));
                context.set_timer(Timer::Beat, 1);
            }
            Message::Got { .. } | Message::Differs { .. } => {}
        }
    }
}

impl Node {
    fn save(&self, context: Ctx<'_, '_>) {
        context.disk().write("raft", &self.saved);
        context.disk().sync();
    }

    fn wait(&self, context: Ctx<'_, '_>) {
        let config = *context.config();
        let after_ms = context.random().random_range(config.election_least_ms..=2 * config.election_most_ms);
        context.set_timer(Timer::Alone, after_ms);
    }

    fn last(&self) -> (Term, Index) {
        (self.term_of(self.saved.log.len() as Index), self.saved.log.len() as Index)
    }

    fn term_of(&self, index: Index) -> Term {
        if index == 0 { 0 } else { self.saved.log[index as usize - 1].term }
    }

    fn ask(&mut self, binding: bool, context: Ctx<'_, '_>) {
        if binding {
            self.saved.term += 1;
            self.saved.vote = Some(context.me());
            self.save(context);
        }
        self.state = State::Asking(binding, vec![context.me()]);
        self.wait(context);
        let term = if binding { self.saved.term } else { self.saved.term + 1 };
        context.broadcast(Message::Ask { term, last: self.last(), binding });
    }

    fn lead(&mut self, context: Ctx<'_, '_>) {
        let last = self.saved.log.len() as Index;
        let guess = context.peers().map(|peer| (peer, last)).collect();
        self.state = State::Leading { matched: BTreeMap::new(), guess, heard: Vec::new() };
        self.saved.log.push(Entry { term: self.saved.term, command: None });
        self.save(context);
        context.set_timer(Timer::Quorum, 300);
        self.beat(context);
    }

    fn beat(&mut self, context: Ctx<'_, '_>) {
        let State::Leading { matched, guess, .. } = &self.state else { return };
        context.set_timer(Timer::Beat, context.config().heartbeat_ms);
        for peer in context.peers() {
            let known = matched.get(&peer).copied().flatten();
            let upto = known.unwrap_or(guess[&peer]);
            let entries = if known.is_some() { self.saved.log[upto as usize..].to_vec() } else { Vec::new() };
            let after = (upto, self.term_of(upto));
            context.send(peer, Message::Log { term: self.saved.term, after, entries, commit: self.commit });
        }
    }

    fn take(&mut self, from: NodeId, after: (Index, Term), entries: Vec<Entry>, commit: Index, context: Ctx<'_, '_>) {
        let (index, term) = after;
        if index > self.saved.log.len() as Index || self.term_of(index) != term {
            let mut ends: Vec<(Term, Index)> = Vec::new();
            for (place, entry) in self.saved.log.iter().enumerate() {
                match ends.last_mut() {
                    Some(end) if end.0 == entry.term => end.1 = place as Index + 1,
                    _ => ends.push((entry.term, place as Index + 1)),
                }
            }
            context.send(from, Message::Differs { term: self.saved.term, ends });
            return;
        }
        let upto = index + entries.len() as Index;
        let tail = &self.saved.log[index as usize..];
        let same = tail.iter().zip(&entries).take_while(|(mine, theirs)| mine.term == theirs.term).count();
        if same < entries.len() {
            self.saved.log.truncate(index as usize + same);
            self.saved.log.extend_from_slice(&entries[same..]);
            self.save(context);
        }
        context.send(from, Message::Got { term: self.saved.term, upto });
        self.commit(commit.min(upto), context);
    }

    fn count(&mut self, context: Ctx<'_, '_>) {
        let State::Leading { matched, .. } = &self.state else { return };
        let holds = |index: Index| 1 + matched.values().filter(|upto| **upto >= Some(index)).count();
        let last = self.saved.log.len() as Index;
        let mine = (self.commit + 1..=last).rev().find(|index| holds(*index) > context.node_count() / 2);
        let Some(index) = mine.filter(|index| self.term_of(*index) == self.saved.term) else { return };
        self.commit(index, context);
        context.set_timer(Timer::Beat, 1);
    }

    fn commit(&mut self, index: Index, context: Ctx<'_, '_>) {
        self.commit = self.commit.max(index);
        for index in self.applied + 1..=self.commit {
            if let Some(command) = self.saved.log[index as usize - 1].command {
                context.output(Output::Applied { index, command });
            }
        }
        self.applied = self.commit;
    }
}

impl Raft for Node {
    fn role(&self) -> Role {
        match &self.state {
            State::Following(_) => Role::Follower,
            State::Asking(..) => Role::Candidate,
            State::Leading { .. } => Role::Leader,
        }
    }

    fn term(&self) -> Term {
        self.saved.term
    }

    fn vote(&self) -> Option<NodeId> {
        self.saved.vote
    }

    fn entry(&self, index: Index) -> Option<Entry> {
        index.checked_sub(1).and_then(|place| self.saved.log.get(place as usize)).copied()
    }
}
