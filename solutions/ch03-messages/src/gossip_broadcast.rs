//! Tell everybody.
//!
//! Contract: `ch03::gossip_broadcast`. Lesson: `cargo xtask lesson gossip_broadcast`.

// learner: begin
use std::collections::BTreeSet;

use ch03::gossip_broadcast::Aim;
// learner: end
use ch03::gossip_broadcast::{Answer, Config, Gossip, Request};
use harness::{Context, NodeId, Process};
use serde::{Deserialize, Serialize};

/// What nodes send each other.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Message {
    // learner: begin
    // learner: | // What tells of a new value, and what finds out that one got lost?
    /// New values. Whoever gets them is to pass them on, or not.
    News { values: Vec<u64>, pass_on: bool },
    /// All that the sender has: take what is missing, and send what is missing there.
    Have(BTreeSet<u64>),
    // learner: end
}

/// The node's timers.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Timer {
    // learner: begin
    // learner: | // What is worth waiting for?
    /// What has been gathered is sent.
    Flush,
    /// The next node is asked whether it lacks something.
    Compare,
    // learner: end
}

/// What a node remembers until it crashes.
#[derive(Clone, Hash)]
pub struct Node {
    // learner: begin
    // learner: | // What is here, and what is still to be sent to whom?
    values: BTreeSet<u64>,
    /// To be sent to the nodes next to this one, who pass it on.
    near: Vec<u64>,
    /// To be sent to every so manieth node, who keep it.
    far: Vec<u64>,
    comparisons: usize,
    // learner: end
}

// learner: begin
/// How long a node waits for more to say before it sends.
fn batch_ms(aim: Aim) -> u64 {
    match aim {
        Aim::Fast => 50,
        Aim::Frugal => 300,
    }
}

const COMPARE_MS: u64 = 500;

/// Two hops to everybody: one of less than √n nodes, and one of a multiple of √n. Each node begins at itself, so nobody is in
/// the middle.
fn stride(nodes: usize) -> usize {
    (1..).find(|stride| stride * stride >= nodes).expect("there is a square above")
}

impl Node {
    /// A value is here, perhaps once more.
    fn deliver(&mut self, value: u64, context: &mut Context<'_, Self>) {
        if self.values.insert(value) {
            context.output(Answer::Delivered(value));
        }
    }

    /// To be called before something is added to what is to be sent.
    fn soon(&self, context: &mut Context<'_, Self>) {
        if self.near.is_empty() && self.far.is_empty() {
            let after_ms = batch_ms(context.config().aim);
            context.set_timer(Timer::Flush, after_ms);
        }
    }

    fn flush(&mut self, context: &mut Context<'_, Self>) {
        let stride = stride(context.node_count());
        let near = Message::News { values: std::mem::take(&mut self.near), pass_on: true };
        let far = Message::News { values: std::mem::take(&mut self.far), pass_on: false };
        send_to((1..stride).collect(), near, context);
        send_to((stride..context.node_count()).step_by(stride).collect(), far, context);
    }

    /// Finds out what was lost (anti-entropy), with one node after another.
    fn compare(&mut self, context: &mut Context<'_, Self>) {
        self.comparisons += 1;
        let offset = 1 + self.comparisons % (context.node_count() - 1);
        send_to(vec![offset], Message::Have(self.values.clone()), context);
        context.set_timer(Timer::Compare, COMPARE_MS);
    }
}

/// Sends it to the nodes that come so many places after this one.
fn send_to(offsets: Vec<usize>, message: Message, context: &mut Context<'_, Node>) {
    if matches!(&message, Message::News { values, .. } if values.is_empty()) {
        return;
    }
    for offset in offsets {
        let to = NodeId::new((context.me().index() + offset) % context.node_count());
        context.send(to, message.clone());
    }
}

// learner: end
impl Process for Node {
    type Message = Message;
    type Timer = Timer;
    type Config = Config;
    type Input = Request;
    type Output = Answer;

    fn boot(context: &mut Context<'_, Self>) -> Self {
        // learner: begin
        // learner: | let _ = context;
        // learner: | todo!("begin, or begin again after a crash")
        context.set_timer(Timer::Compare, COMPARE_MS);
        // What others were handed they still have. A record that is torn was never delivered.
        let values = context.disk().log("handed in").into_iter().flatten().collect();
        Node { values, near: Vec::new(), far: Vec::new(), comparisons: 0 }
        // learner: end
    }

    fn on_input(&mut self, request: Request, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match request {
        // learner: |     Request::Broadcast(_value) => todo!("deliver it, and have everybody deliver it"),
        // learner: |     Request::Read => todo!("answer with all values that are here"),
        // learner: | }
        match request {
            Request::Broadcast(value) => {
                // Nobody else has it yet, so it is safe before anybody knows of it.
                context.disk().append("handed in", &value);
                context.disk().sync();
                self.deliver(value, context);
                self.soon(context);
                self.near.push(value);
                self.far.push(value);
            }
            Request::Read => context.output(Answer::Values(self.values.clone())),
        }
        // learner: end
    }

    fn on_message(&mut self, from: NodeId, message: Message, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = (from, context);
        // learner: | match message {}
        match message {
            Message::News { values, pass_on } => {
                for value in &values {
                    self.deliver(*value, context);
                }
                // Also what a comparison has brought here before: the others downwards are still waiting for it.
                if pass_on {
                    self.soon(context);
                    self.far.extend(values);
                }
            }
            Message::Have(theirs) => {
                for value in theirs.difference(&self.values.clone()) {
                    self.deliver(*value, context);
                }
                let missing: Vec<u64> = self.values.difference(&theirs).copied().collect();
                if !missing.is_empty() {
                    context.send(from, Message::News { values: missing, pass_on: false });
                }
            }
        }
        // learner: end
    }

    fn on_timer(&mut self, timer: Timer, context: &mut Context<'_, Self>) {
        // learner: begin
        // learner: | let _ = context;
        // learner: | match timer {}
        match timer {
            Timer::Flush => self.flush(context),
            Timer::Compare => self.compare(context),
        }
        // learner: end
    }
}

impl Gossip for Node {}
