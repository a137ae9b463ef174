//! Keeps one value instead of a log. A branch in doubt asks by voting again, and a client hears of a commit when all branches
//! have done their parts, or when the time for an answer is nearly over.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use ch09::two_phase_commit::{
    Answer, Branch, CommitCoordinator, CommitParticipant, MESSAGE_LIFE_MS, Outcome, Posting, Transfer,
};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Id {
    epoch: u32,
    n: u32,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Prepare(Id, Posting),
    Vote(Id, bool),
    Decided(Id, bool),
    Done(Id),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Waiting {
    Votes(Id),
    Acks(Id),
    Answer(Id),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Alarm {
    Ask(Id),
    Forget(Id),
}

#[derive(Clone, Hash)]
struct Open {
    client: u16,
    reference: u32,
    all: BTreeSet<NodeId>,
    yes: BTreeSet<NodeId>,
}

#[derive(Clone, Hash, Default, Serialize, Deserialize)]
struct Book {
    epoch: u32,
    commits: BTreeMap<Id, BTreeSet<NodeId>>,
}

#[derive(Clone, Hash)]
pub struct Coordinator {
    book: Book,
    n: u32,
    open: BTreeMap<Id, Open>,
    unanswered: BTreeMap<Id, Answer>,
}

impl CommitCoordinator for Coordinator {}

impl Coordinator {
    fn save(&self, context: &mut Context<'_, Self>) {
        context.disk().write("book", &self.book);
        context.disk().sync();
    }
    fn decide(&mut self, id: Id, commit: bool, context: &mut Context<'_, Self>) {
        let Some(open) = self.open.remove(&id) else { return };
        context.cancel_timer(&Waiting::Votes(id));
        if commit {
            self.book.commits.insert(id, open.all.clone());
            self.save(context);
            context.set_timer(Waiting::Acks(id), 200);
        }
        let outcome = if commit { Outcome::Committed } else { Outcome::Aborted };
        let answer = Answer { client: open.client, reference: open.reference, outcome };
        if commit {
            self.unanswered.insert(id, answer);
        } else {
            context.output(answer);
        }
        for b in open.all {
            context.send(b, Message::Decided(id, commit));
        }
    }
}

impl Process for Coordinator {
    type Message = Message;
    type Timer = Waiting;
    type Config = ();
    type Input = Transfer;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let mut book: Book = context.disk().read("book").unwrap_or_default();
        book.epoch += 1;
        for id in book.commits.keys() {
            context.set_timer(Waiting::Acks(*id), 0);
        }
        let me = Coordinator { book, n: 0, open: BTreeMap::new(), unanswered: BTreeMap::new() };
        me.save(context);
        me
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::Vote(id, yes) => {
                if let Some(open) = self.open.get_mut(&id) {
                    if !yes {
                        return self.decide(id, false, context);
                    }
                    open.yes.insert(from);
                    if open.yes == open.all {
                        self.decide(id, true, context);
                    }
                } else if yes {
                    let commit = self.book.commits.contains_key(&id);
                    context.send(from, Message::Decided(id, commit));
                }
            }
            Message::Done(id) => {
                let Some(left) = self.book.commits.get_mut(&id) else { return };
                left.remove(&from);
                if left.is_empty() {
                    self.book.commits.remove(&id);
                    context.cancel_timer(&Waiting::Acks(id));
                    self.save(context);
                    if let Some(a) = self.unanswered.remove(&id) {
                        context.output(a);
                    }
                }
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, timer: Waiting, context: &mut Context<'_, Self>) {
        match timer {
            Waiting::Votes(id) => self.decide(id, false, context),
            Waiting::Answer(id) => {
                if let Some(a) = self.unanswered.remove(&id) {
                    context.output(a);
                }
            }
            Waiting::Acks(id) => {
                let Some(left) = self.book.commits.get(&id) else { return };
                for b in left {
                    context.send(*b, Message::Decided(id, true));
                }
                context.set_timer(Waiting::Acks(id), 200);
            }
        }
    }

    fn on_input(&mut self, transfer: Transfer, context: &mut Context<'_, Self>) {
        self.n += 1;
        let id = Id { epoch: self.book.epoch, n: self.n };
        let all = transfer.postings.iter().map(|p| p.branch).collect();
        self.open
            .insert(id, Open { client: transfer.client, reference: transfer.reference, all, yes: BTreeSet::new() });
        context.set_timer(Waiting::Votes(id), 500);
        context.set_timer(Waiting::Answer(id), 900);
        for p in transfer.postings {
            context.send(p.branch, Message::Prepare(id, p));
        }
    }
}

#[derive(Clone, Hash, Default, Serialize, Deserialize)]
pub struct Participant {
    balances: BTreeMap<u32, i64>,
    prepared: BTreeMap<Id, Posting>,
    done: BTreeSet<Id>,
}

impl Participant {
    fn save(&self, context: &mut Context<'_, Self>) {
        context.disk().write("state", self);
        context.disk().sync();
    }
}

impl CommitParticipant for Participant {
    fn balances(&self) -> BTreeMap<u32, i64> {
        self.balances.clone()
    }
    fn in_doubt(&self) -> usize {
        self.prepared.len()
    }
}

impl Process for Participant {
    type Message = Message;
    type Timer = Alarm;
    type Config = Branch;
    type Input = Infallible;
    type Output = Infallible;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let me: Self = context.disk().read("state").unwrap_or_default();
        for id in me.prepared.keys() {
            context.set_timer(Alarm::Ask(*id), 0);
        }
        for id in &me.done {
            context.set_timer(Alarm::Forget(*id), MESSAGE_LIFE_MS + 500);
        }
        me
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::Prepare(id, posting) => {
                if self.done.contains(&id) {
                    return;
                }
                if context.config().frozen.contains(&posting.account) {
                    context.send(from, Message::Vote(id, false));
                    return;
                }
                if self.prepared.insert(id, posting).is_none() {
                    self.save(context);
                }
                context.send(from, Message::Vote(id, true));
                context.set_timer(Alarm::Ask(id), 200);
            }
            Message::Decided(id, commit) => {
                if let Some(p) = self.prepared.remove(&id) {
                    if commit {
                        *self.balances.entry(p.account).or_default() += p.cents;
                    }
                    self.done.insert(id);
                    self.save(context);
                    context.cancel_timer(&Alarm::Ask(id));
                    context.set_timer(Alarm::Forget(id), MESSAGE_LIFE_MS + 500);
                }
                if commit {
                    context.send(from, Message::Done(id));
                }
            }
            _ => {}
        }
    }

    fn on_timer(&mut self, timer: Alarm, context: &mut Context<'_, Self>) {
        match timer {
            Alarm::Ask(id) => {
                let to = context.config().coordinator;
                context.send(to, Message::Vote(id, true));
                context.set_timer(Alarm::Ask(id), 200);
            }
            Alarm::Forget(id) => {
                self.done.remove(&id);
                self.save(context);
            }
        }
    }

    fn on_input(&mut self, input: Infallible, _: &mut Context<'_, Self>) {
        match input {}
    }
}
