//! The replica is one thing and whoever works for a client another: a node sends messages to itself as to all others. Copies
//! are records of a log on the disk. Every write and every question has a random number, so that nothing has to be counted
//! over a crash. One clock of the node repeats everything that is open.

use ch05::quorum_register::{Answer, Config, Operation, Outcome, QuorumRegister, Request};
use harness::{Context, NodeId, Process};
use rand::RngExt;
use serde::{Deserialize, Serialize};

type Stamp = (u64, NodeId, u64);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Record {
    stamp: Option<Stamp>,
    value: Option<u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    Query(u64),
    Found(u64, Record),
    Store(u64, Record),
    Stored(u64),
}

#[derive(Clone, Hash)]
enum Stage {
    Query { found: Vec<(NodeId, Record)> },
    Store { record: Record, stored: Vec<NodeId> },
}

#[derive(Clone, Hash)]
struct Job {
    question: u64,
    request: Request,
    stage: Stage,
}

#[derive(Clone, Hash)]
pub struct Node {
    record: Record,
    jobs: Vec<Job>,
}

const TICK_MS: u64 = 70;

impl Process for Node {
    type Message = Message;
    type Timer = ();
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        let records = context.disk().log::<Record>("records").into_iter().flatten();
        let record = records.max_by_key(|record| record.stamp).unwrap_or(Record { stamp: None, value: None });
        context.set_timer((), TICK_MS);
        Node { record, jobs: Vec::new() }
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        let question = context.random().random();
        self.jobs.push(Job { question, request, stage: Stage::Query { found: Vec::new() } });
        context.nodes().for_each(|node| context.send(node, Message::Query(question)));
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        match message {
            Message::Query(question) => context.send(from, Message::Found(question, self.record)),
            Message::Store(question, record) => {
                if record.stamp > self.record.stamp {
                    self.record = record;
                    context.disk().append("records", &record);
                    context.disk().sync();
                }
                context.send(from, Message::Stored(question));
            }
            Message::Found(question, record) => self.found(from, question, record, context),
            Message::Stored(question) => self.stored(from, question, context),
        }
    }

    fn on_timer(&mut self, (): (), context: &mut Context<'_, Self>) {
        for job in &self.jobs {
            let (message, heard): (Message, Vec<NodeId>) = match &job.stage {
                Stage::Query { found } => (Message::Query(job.question), found.iter().map(|(node, _)| *node).collect()),
                Stage::Store { record, stored } => (Message::Store(job.question, *record), stored.clone()),
            };
            for node in context.nodes().filter(|node| !heard.contains(node)) {
                context.send(node, message.clone());
            }
        }
        context.set_timer((), TICK_MS);
    }
}

impl Node {
    fn found(&mut self, from: NodeId, question: u64, record: Record, context: &mut Context<'_, Self>) {
        let Some(job) = self.jobs.iter_mut().find(|job| job.question == question) else { return };
        let Stage::Query { found } = &mut job.stage else { return };
        if found.iter().any(|(node, _)| *node == from) {
            return;
        }
        found.push((from, record));
        if 2 * found.len() <= context.node_count() {
            return;
        }
        let newest = found.iter().map(|(_, record)| *record).max_by_key(|record| record.stamp).unwrap();
        let record = match job.request.operation {
            Operation::Read => newest,
            Operation::Write(value) => {
                let count = newest.stamp.map_or(0, |(count, ..)| count) + 1;
                Record { stamp: Some((count, context.me(), context.random().random())), value: Some(value) }
            }
        };
        let question = context.random().random();
        job.question = question;
        job.stage = Stage::Store { record, stored: Vec::new() };
        context.nodes().for_each(|node| context.send(node, Message::Store(question, record)));
    }

    fn stored(&mut self, from: NodeId, question: u64, context: &mut Context<'_, Self>) {
        let Some(place) = self.jobs.iter().position(|job| job.question == question) else { return };
        let Stage::Store { record, stored } = &mut self.jobs[place].stage else { return };
        if !stored.contains(&from) {
            stored.push(from);
        }
        if 2 * stored.len() <= context.node_count() {
            return;
        }
        let value = record.value;
        let outcome = match self.jobs[place].request.operation {
            Operation::Read => Outcome::Value(value),
            Operation::Write(_) => Outcome::Written,
        };
        let Job { request, .. } = self.jobs.remove(place);
        context.output(Answer { id: request.id, outcome });
    }
}

impl QuorumRegister for Node {}
