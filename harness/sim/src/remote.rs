//! Processes that are processes of the operating system, one for every boot of a node.
//!
//! [`Remote`] is the world's end of a [`Line`]; [`Lodger`] is the other end, around the learner's code. All that a world owns
//! stays with it, as bytes: messages under way, disks, answers. On the far side is nothing but the memory of one node since its
//! last boot, so a crash is the end of a process, and nodes share nothing, not even a `static`. A node that lies about what
//! it did can do no more than another program in its place could have done.

use std::cell::RefCell;

use serde::{Deserialize, Serialize};

use crate::disk::{Image, Write};
use crate::local::{Local, Slab, shortened};
use crate::plain::{self, Blob, Plain};
use crate::process::{NodeId, Process};
use crate::seam::{Effect, Handle, Host, Moment, Protocol, Seam, TimerId};

/// A way to a process that serves orders.
pub trait Line {
    /// Sends an order and waits for the answer. Does not return if the process panics or ends.
    fn call(&mut self, order: &[u8]) -> Vec<u8>;
}

/// Where processes come from.
#[derive(Clone, Copy)]
pub struct Agency {
    /// Starts one.
    pub hire: fn() -> Box<dyn Line>,
    /// Ends the run: a process has sent what an honest one never sends, for this reason.
    pub refuse: fn(&str) -> !,
}

/// What a node is told to do.
#[derive(Debug, Serialize, Deserialize)]
enum Order {
    Boot { node: NodeId, nodes: usize, moment: Moment, seed: u64, disk: Image, config: Blob, words: bool, look: bool },
    Message { from: NodeId, message: Blob, moment: Moment, look: bool },
    Timer { timer: TimerId, moment: Moment, look: bool },
    Input { input: Blob, moment: Moment, look: bool },
    Look,
    Fingerprint,
}

/// What came of it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Did {
    deeds: Vec<Deed>,
    view: Option<Blob>,
    fingerprint: u64,
}

/// An effect, with everything in it.
#[derive(Debug, Serialize, Deserialize)]
enum Deed {
    Send { to: NodeId, message: Blob, words: String },
    SetTimer { timer: TimerId, after_us: u64, words: String },
    CancelTimer { timer: TimerId },
    Write(Write),
    Sync,
    Output(Blob),
}

struct Message {
    bytes: Vec<u8>,
    words: String,
}

struct Node {
    config: Vec<u8>,
    line: Option<Box<dyn Line>>,
    timers: Vec<(TimerId, String)>,
    view: Option<Vec<u8>>,
    /// Whether somebody has looked at it since its last step. Whoever did is likely to do so after the next one.
    looked: bool,
}

impl Node {
    fn call(&mut self, order: &Order, agency: Agency) -> Did {
        let line = self.line.as_mut().expect("the world turns only to nodes that are up");
        plain::load(&line.call(&plain::save(order))).unwrap_or_else(|| (agency.refuse)("an answer that is none"))
    }
}

/// The world's end.
pub struct Remote<X: Protocol> {
    agency: Agency,
    nodes: Vec<RefCell<Node>>,
    messages: Slab<Message>,
    inputs: Slab<X::Input>,
    outputs: Slab<X::Output>,
    words: bool,
}

impl<X: Protocol> Remote<X> {
    /// A process for each of the configurations.
    pub fn new(configs: &[X::Config], agency: Agency) -> Self {
        let node = |config: &X::Config| {
            RefCell::new(Node { config: config.to_bytes(), line: None, timers: Vec::new(), view: None, looked: false })
        };
        Remote {
            agency,
            nodes: configs.iter().map(node).collect(),
            messages: Slab::new(),
            inputs: Slab::new(),
            outputs: Slab::new(),
            words: true,
        }
    }

    fn step(&mut self, node: NodeId, order: impl FnOnce(bool) -> Order, effects: &mut Vec<Effect>) {
        let (nodes, agency) = (self.nodes.len(), self.agency);
        let node = self.nodes[node.index()].get_mut();
        let order = order(std::mem::take(&mut node.looked));
        let did = node.call(&order, agency);
        node.view = did.view.map(|view| view.0);
        for deed in did.deeds {
            let effect = match deed {
                Deed::Send { to, .. } if to.index() >= nodes => {
                    (agency.refuse)("a message to a node that is not there")
                }
                Deed::Send { to, message, words } => {
                    let message = self.messages.put(Message { bytes: message.0, words: shortened(words) });
                    Effect::Send { to, message }
                }
                Deed::SetTimer { timer, after_us, words } => {
                    node.timers.push((timer, shortened(words)));
                    Effect::SetTimer { timer, after_us }
                }
                Deed::CancelTimer { timer } => {
                    node.timers.retain(|(running, _)| *running != timer);
                    Effect::CancelTimer { timer }
                }
                Deed::Write(write) => Effect::Write(Box::new(write)),
                Deed::Sync => Effect::Sync,
                Deed::Output(output) => match X::Output::from_bytes(&output.0) {
                    Some(output) => Effect::Output { output: self.outputs.put(output) },
                    None => (agency.refuse)("an output that is none"),
                },
            };
            effects.push(effect);
        }
    }
}

impl<X: Protocol> Seam for Remote<X> {
    fn expect_words(&mut self, wanted: bool) {
        self.words = wanted;
    }

    fn boot(&mut self, node: NodeId, moment: Moment, seed: u64, disk: &Image, effects: &mut Vec<Effect>) {
        let (nodes, words, line) = (self.nodes.len(), self.words, (self.agency.hire)());
        let slot = self.nodes[node.index()].get_mut();
        (slot.line, slot.timers, slot.view) = (Some(line), Vec::new(), None);
        let (disk, config) = (disk.clone(), Blob(slot.config.clone()));
        self.step(node, |look| Order::Boot { node, nodes, moment, seed, disk, config, words, look }, effects);
    }

    fn message(&mut self, node: NodeId, from: NodeId, message: Handle, moment: Moment, effects: &mut Vec<Effect>) {
        let message = Blob(self.messages.get(message).bytes.clone());
        self.step(node, |look| Order::Message { from, message, moment, look }, effects);
    }

    fn timer(&mut self, node: NodeId, timer: TimerId, moment: Moment, effects: &mut Vec<Effect>) {
        self.nodes[node.index()].get_mut().timers.retain(|(running, _)| *running != timer);
        self.step(node, |look| Order::Timer { timer, moment, look }, effects);
    }

    fn input(&mut self, node: NodeId, input: Handle, moment: Moment, effects: &mut Vec<Effect>) {
        let input = Blob(self.inputs.take(input).expect("a request is made once").to_bytes());
        self.step(node, |look| Order::Input { input, moment, look }, effects);
    }

    fn crash(&mut self, node: NodeId) {
        let node = self.nodes[node.index()].get_mut();
        (node.line, node.timers, node.view) = (None, Vec::new(), None);
    }

    fn retain(&mut self, message: Handle) {
        self.messages.retain(message);
    }

    fn release(&mut self, message: Handle) {
        self.messages.take(message);
    }

    fn drop_input(&mut self, input: Handle) {
        self.inputs.take(input);
    }

    fn drop_output(&mut self, output: Handle) {
        self.outputs.take(output);
    }

    fn describe_message(&self, message: Handle) -> String {
        self.messages.get(message).words.clone()
    }

    fn describe_timer(&self, node: NodeId, timer: TimerId) -> String {
        let node = self.nodes[node.index()].borrow();
        node.timers.iter().find(|(running, _)| *running == timer).map_or_else(String::new, |(_, words)| words.clone())
    }

    fn describe_input(&self, input: Handle) -> String {
        shortened(self.inputs.get(input).to_string())
    }

    fn describe_output(&self, output: Handle) -> String {
        shortened(self.outputs.get(output).to_string())
    }

    fn addressee(&self, output: Handle) -> Option<usize> {
        X::addressee(self.outputs.get(output))
    }

    fn size_bytes(&self, message: Handle) -> usize {
        self.messages.get(message).bytes.len()
    }

    fn fingerprint(&self, node: NodeId) -> u64 {
        let mut node = self.nodes[node.index()].borrow_mut();
        if node.line.is_none() { 0 } else { node.call(&Order::Fingerprint, self.agency).fingerprint }
    }
}

impl<X: Protocol> Host<X> for Remote<X> {
    fn put_input(&mut self, input: X::Input) -> Handle {
        self.inputs.put(input)
    }

    fn take_output(&mut self, output: Handle) -> X::Output {
        self.outputs.take(output).expect("an answer is taken once")
    }

    fn view(&self, node: NodeId) -> Option<X::View> {
        let mut node = self.nodes[node.index()].borrow_mut();
        node.line.as_ref()?;
        node.looked = true;
        if node.view.is_none() {
            node.view = node.call(&Order::Look, self.agency).view.map(|view| view.0);
        }
        let view = node.view.as_deref().and_then(X::View::from_bytes);
        Some(view.unwrap_or_else(|| (self.agency.refuse)("a view that is none")))
    }

    fn forge(&mut self, message: X::Wire) -> Handle {
        let words = if self.words { shortened(format!("{message:?}")) } else { String::new() };
        self.messages.put(Message { bytes: message.to_bytes(), words })
    }

    fn intercept(&mut self, message: Handle) -> X::Wire {
        let wire = X::Wire::from_bytes(&self.messages.get(message).bytes);
        self.messages.take(message);
        wire.unwrap_or_else(|| (self.agency.refuse)("a message that is none"))
    }
}

/// The learner's end: a node that serves orders.
pub struct Lodger<X: Protocol, P: Process> {
    make: fn(Vec<X::Config>) -> Local<X, P>,
    running: Option<Running<X, P>>,
}

struct Running<X: Protocol, P: Process> {
    local: Local<X, P>,
    node: NodeId,
    words: bool,
    effects: Vec<Effect>,
}

impl<X, P> Lodger<X, P>
where
    X: Protocol,
    P: Process<Config = X::Config, Input = X::Input, Output = X::Output>,
{
    /// Nothing runs until it is told to boot. `make` is how the contract's processes are made.
    pub fn new(make: fn(Vec<X::Config>) -> Local<X, P>) -> Self {
        Lodger { make, running: None }
    }

    /// Does what an order of [`Remote`] says.
    ///
    /// # Panics
    ///
    /// When the learner's code does, and when a message can't be read back from its bytes.
    pub fn serve(&mut self, order: &[u8]) -> Vec<u8> {
        let order: Order = plain::load(order).expect("orders come from the judge");
        let did = match order {
            Order::Boot { node, nodes, moment, seed, disk, config, words, look } => {
                let config = X::Config::from_bytes(&config.0).expect("configurations come from the judge");
                let local = (self.make)(vec![config; nodes]);
                let running = self.running.insert(Running { local, node, words, effects: Vec::new() });
                running.local.boot(node, moment, seed, &disk, &mut running.effects);
                running.did(look)
            }
            order => self.running.as_mut().expect("the first order is to boot").step(order),
        };
        plain::save(&did)
    }
}

impl<X, P> Running<X, P>
where
    X: Protocol,
    P: Process<Config = X::Config, Input = X::Input, Output = X::Output>,
{
    fn step(&mut self, order: Order) -> Did {
        let Running { local, node, effects, .. } = self;
        let look = match order {
            Order::Boot { .. } => unreachable!("a process boots once"),
            Order::Message { from, message, moment, look } => {
                let message = local.put_bytes(&message.0);
                local.message(*node, from, message, moment, effects);
                look
            }
            Order::Timer { timer, moment, look } => {
                local.timer(*node, timer, moment, effects);
                look
            }
            Order::Input { input, moment, look } => {
                let input = X::Input::from_bytes(&input.0).expect("requests come from the judge");
                let input = local.put_input(input);
                local.input(*node, input, moment, effects);
                look
            }
            Order::Look => true,
            Order::Fingerprint => {
                return Did { fingerprint: local.fingerprint(*node), ..Did::default() };
            }
        };
        self.did(look)
    }

    fn did(&mut self, look: bool) -> Did {
        let Running { local, node, words, effects } = self;
        let deeds = effects.drain(..).map(|effect| deed(local, *node, *words, effect)).collect();
        let view = if look { local.view(*node).map(|view| Blob(view.to_bytes())) } else { None };
        Did { deeds, view, fingerprint: 0 }
    }
}

fn deed<X, P>(local: &mut Local<X, P>, node: NodeId, words: bool, effect: Effect) -> Deed
where
    X: Protocol,
    P: Process<Config = X::Config, Input = X::Input, Output = X::Output>,
{
    match effect {
        Effect::Send { to, message } => {
            let words = if words { local.describe_message(message) } else { String::new() };
            Deed::Send { to, message: Blob(local.take_bytes(message)), words }
        }
        Effect::SetTimer { timer, after_us } => {
            let words = if words { local.describe_timer(node, timer) } else { String::new() };
            Deed::SetTimer { timer, after_us, words }
        }
        Effect::CancelTimer { timer } => Deed::CancelTimer { timer },
        Effect::Write(write) => Deed::Write(*write),
        Effect::Sync => Deed::Sync,
        Effect::Output { output } => Deed::Output(Blob(local.take_output(output).to_bytes())),
    }
}

#[cfg(test)]
mod tests;
